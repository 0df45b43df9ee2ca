# SPDX-License-Identifier: Apache-2.0
# A handler as tutorials of Flask show one. Not to copy: FrameworksTest has the cases that it fails.
import json
import os

from flask import Flask, abort, request

app = Flask(__name__)


@app.route("/hook", methods=["POST"])
def hook():
    if request.form["auth[application_token]"] != os.environ["APPLICATION_TOKEN"]:
        abort(403)
    if request.form["event"] == "ONSESSIONFINISH":
        closed = {
            "member_id": request.form["auth[member_id]"],
            "chat_id": int(request.form["data[DATA][connector][chat_id]"]),
            "line_id": request.form["data[DATA][connector][line_id]"],
            "connector_id": request.form["data[DATA][connector][connector_id]"],
            "line_name": request.form["data[DATA][line][name]"],
        }
        with open(os.environ["EVIDENCE"], "a") as file:
            file.write(json.dumps(closed) + "\n")
    return "OK"


if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]))
