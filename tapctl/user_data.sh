#!/bin/bash
# What a tapctl instance does at its first boot, with what Amazon Linux 2023 has alone: python3, systemd, the AWS CLI.
# 1. An unprivileged service answers the load balancer's health check. Put your application in its place.
# 2. A second one writes one line to the log group and one object to the log bucket, once. If it can't, it tries again
#    for some minutes and then gives up; the health check is none of its business.
# DESTDIR: where the files go instead of /, for a trial run.
set -eu
home="${DESTDIR:-}/opt/tapctl"
units="${DESTDIR:-}/etc/systemd/system"
mkdir -p "$home" "$units"

cat > "$home/serve.py" <<'END'
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = @PORT@
HEALTH_PATH = @HEALTH_PATH@


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"ok\n"
        self.send_response(200 if self.path in (HEALTH_PATH, "/") else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass  # a line for each health check would fill the journal


ThreadingHTTPServer(("", PORT), Handler).serve_forever()
END

cat > "$home/announce.py" <<'END'
import json
import os
import pathlib
import subprocess
import sys
import time

INSTANCE = sys.argv[1]
DONE = pathlib.Path(os.environ["STATE_DIRECTORY"])  # what is there was done: no line and no object comes twice
LINE = "the application serves on " + INSTANCE


def aws(*words):
    command = ["aws", "--region", @REGION@, "--cli-connect-timeout", "10", *words]
    return subprocess.run(command, stdout=subprocess.DEVNULL).returncode == 0


def log():
    stream = ["--log-group-name", @LOG_GROUP@, "--log-stream-name", INSTANCE]
    aws("logs", "create-log-stream", *stream)  # refused if it is there, from the last try
    events = json.dumps([{"timestamp": int(time.time() * 1000), "message": LINE}])
    return aws("logs", "put-log-events", *stream, "--log-events", events)


def store():
    body = DONE / "body"
    body.write_text(LINE + "\n")
    return aws("s3api", "put-object", "--bucket", @BUCKET@, "--expected-bucket-owner", @ACCOUNT@,
               "--key", "app/" + INSTANCE + ".txt", "--body", str(body))


left = [step for step in (log, store) if not (DONE / step.__name__).exists()]
for step in list(left):
    if step():
        (DONE / step.__name__).touch()
        left.remove(step)
sys.exit(1 if left else 0)
END

cat > "$units/tapctl-app.service" <<'END'
[Unit]
Description=Answers the health check
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/python3 /opt/tapctl/serve.py
DynamicUser=yes
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
END

instance="$(cloud-init query instance_id || uname -n)"
cat > "$units/tapctl-announce.service" <<END
[Unit]
Description=Writes to the log group and the log bucket, once
StartLimitIntervalSec=3600
StartLimitBurst=20

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 /opt/tapctl/announce.py $instance
DynamicUser=yes
StateDirectory=tapctl-announce
Environment=HOME=%S/tapctl-announce AWS_MAX_ATTEMPTS=2
NoNewPrivileges=yes
Restart=on-failure
RestartSec=15
END

systemctl daemon-reload
systemctl enable --now tapctl-app.service
systemctl start --no-block tapctl-announce.service || true
