# SPDX-License-Identifier: Apache-2.0
"""Calls a portal in the request forms of the vendor's Python SDK, and reads answers as that does. Argument: JSON."""
import datetime
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

known = json.loads(sys.argv[1])


def call(url, params=None, body=None):
    headers = {"User-Agent": "b24-python-sdk-vendor/form", "Content-Type": "application/x-www-form-urlencoded"}
    if params:
        url += "?" + urllib.parse.urlencode(params)
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


server = known["server_endpoint"]
status, answer = call(server + "app.info", {"auth": known["access_token"]})
assert status == 200, (status, answer)
result = answer["result"]
install = result["install"]
assert result["client_id"] == known["client_id"], result
assert "imopenlines" in result["scope"].split(","), result
assert datetime.datetime.fromisoformat(result["expires"]).tzinfo is not None, result
assert int(result["user_id"]) == 1, result
assert install["installed"] is True and int(install["version"]) >= 1, install
assert install["status"] in ("F", "D", "T", "P", "L", "S"), install
assert "imopenlines" in install["scope"].split(","), install
assert install["member_id"] == known["member_id"] and install["member_type"], install
assert install["domain"] == urllib.parse.urlparse(known["client_endpoint"]).hostname, install
assert install["client_endpoint"] == known["client_endpoint"], install
assert install["client_endpoint"] == install["uri"] + "/rest/", install
assert isinstance(answer["time"]["start"], (int, float)), answer

status, answer = call(known["client_endpoint"] + "user.get.json", body={
    "auth": known["access_token"], "FILTER": {"ID": 5}})
assert status == 200 and answer["result"][0]["ID"] == "5" and answer["total"] == 1, answer

status, answer = call(server.replace("/rest/", "/oauth/token/"), {
    "grant_type": "refresh_token", "client_id": known["client_id"], "client_secret": known["client_secret"],
    "refresh_token": known["refresh_token"]})
assert status == 200, answer
for name in ("access_token", "expires", "expires_in", "scope", "domain", "server_endpoint", "status",
             "client_endpoint", "member_id", "user_id", "refresh_token"):
    assert name in answer, (name, answer)
print("done")
