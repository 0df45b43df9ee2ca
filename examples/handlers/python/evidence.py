# SPDX-License-Identifier: Apache-2.0
# Prints the closed chats that hook.py has stored, one JSON object a line: evidence for the contract suite.
import json
import os
import sqlite3

NAMES = ("member_id", "chat_id", "line_id", "connector_id", "line_name")
connection = sqlite3.connect("file:" + os.path.join(os.environ["STORE"], "events.db") + "?mode=ro", uri=True)
for row in connection.execute("SELECT " + ", ".join(NAMES) + " FROM closed"):
    print(json.dumps(dict(zip(NAMES, row))))
