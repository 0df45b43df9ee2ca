# SPDX-License-Identifier: Apache-2.0
# An application in Python, by the standard library alone: binds, lists, refreshes by POST, batches and unbinds, in the
# forms that libraries of the language send. Its argument is JSON of what an installed application knows of its portal.
import json
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

known = json.loads(sys.argv[1])
tls = ssl.create_default_context(cafile=known['certificate'])
handler = 'http://127.0.0.1:8080/h?a=1&b=%D0%9F'


def ask(address, body=None, headers=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body, headers or {}), context=tls, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def call(method, token, **parameters):
    return ask(known['client_endpoint'] + method, urllib.parse.urlencode({**parameters, 'auth': token}).encode())


status, answer = call('profile', known['expired_token'])
assert (status, answer['error']) == (401, 'expired_token'), (status, answer)

form = urllib.parse.urlencode({
    'grant_type': 'refresh_token', 'client_id': known['client_id'], 'client_secret': known['client_secret'],
    'refresh_token': known['refresh_token']}).encode()
status, granted = ask(known['oauth'], form)
assert status == 200, granted
assert granted['client_endpoint'] == known['client_endpoint'], granted['client_endpoint']
assert granted['domain'] == known['domain'], granted['domain']
assert abs(granted['expires'] - time.time() - 3600) < 300, granted['expires']
assert granted['refresh_token'] != known['refresh_token']
token = granted['access_token']

status, answer = call('event.bind.json', token, EVENT='OnSessionFinish', HANDLER=handler)
assert answer['result'] is True and answer['time']['duration'] >= 0, answer
status, answer = ask(known['client_endpoint'] + '/event.get', b'[]', {
    'Content-Type': 'application/json', 'Authorization': 'Bearer ' + token})
assert answer['result'] == [{'event': 'ONSESSIONFINISH', 'handler': handler, 'auth_type': '0', 'offline': 0}], answer
status, answer = call('batch', token, halt=1, **{
    'cmd[me]': 'profile', 'cmd[line]': 'imopenlines.config.get?CONFIG_ID=1'})
assert answer['result']['result']['line']['LINE_NAME'] == 'R&D "<Поддержка>"', answer
status, answer = call('event.unbind', token, event='onsessionfinish', handler=handler)
assert answer['result'] == {'count': 1}, answer
print('done')
