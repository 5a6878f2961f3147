#!/usr/bin/env python3
"""Hostile clients, and very many, against a real tt-serve: it must stay up, answer a proper client in time, and limit its
memory.

    tests/bench/hostile.py MODEL INDEX USER [OPTION...]     options are tt-serve's; BIN: folder of the programs

A service is started with two threads; then come, one kind after the other, hundreds of slow heads and bodies, bodies that
are too long, malformed requests, clients that never read, half-closed connections, and ten thousand idle ones. Meanwhile
a proper client requests USER's list ten times a second. Prints TSV, a line a kind: seconds, connections that were made and
that the service ended, what the proper client saw (answers, failures, p50 and the longest in milliseconds) and the
service's MiB. Exits 1 when the proper client had a failure or waited more than PATIENCE seconds [5], or the service ended.
Python 3.8 or newer, nothing else."""
import os
import random
import resource
import select
import socket
import subprocess
import sys
import threading
import time

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("BIN", os.path.join(root, "build/release/bin"))
PATIENCE = float(os.environ.get("PATIENCE", "5"))
HEAD = b"Host: localhost\r\n"


class Others:
    """A well-behaved client, who opens a new connection for every second request."""

    def __init__(self, port, user):
        self.port, self.request = port, b"GET /recommend?user=" + user.encode() + b"&k=10 HTTP/1.1\r\n" + HEAD + b"\r\n"
        self.ends = False
        self.times, self.failures, self.first_failure = [], 0, ""
        self.began = time.monotonic()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def ask(self, connection):
        connection.sendall(self.request)
        got = b""
        while b"\r\n\r\n" not in got:
            some = connection.recv(65536)
            if not some:
                raise OSError("closed after %d bytes" % len(got))
            got += some
        head, body = got.split(b"\r\n\r\n", 1)
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            some = connection.recv(65536)
            if not some:
                raise OSError("closed within a body")
            body += some
        if not head.startswith(b"HTTP/1.1 200 "):
            raise OSError(head.split(b"\r\n")[0].decode())

    def run(self):
        connection = None
        while not self.ends:
            began = self.began = time.monotonic()
            try:
                if connection is None:
                    connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
                    self.ask(connection)
                else:
                    self.ask(connection)
                    connection.close()
                    connection = None
            except OSError as error:
                self.failures += 1
                self.first_failure = self.first_failure or str(error)
                if connection:
                    connection.close()
                connection = None
            self.times.append(time.monotonic() - began)
            self.began = None
            time.sleep(0.1)

    def take(self):
        """Answers, failures, the median and the longest time, with that of an answer that is still awaited."""
        times, failures, began = sorted(self.times), self.failures, self.began
        self.times, self.failures = [], 0
        n = len(times)
        times.append(time.monotonic() - began if began else 0)
        return n, failures, sorted(times)[n // 2] * 1e3, max(times) * 1e3


class Service:
    def __init__(self, arguments):
        self.process = subprocess.Popen([os.path.join(BIN, "tt-serve"), "-j", "2", "--log", "none", "--listen", "127.0.0.1:0"] +
                                        arguments, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "listening on " in line:
                self.port = int(line.rsplit(":", 1)[1])
                return
            print(line, end="", file=sys.stderr)
        sys.exit("hostile.py: tt-serve did not start")

    def mebibytes(self):
        with open("/proc/%d/status" % self.process.pid) as status:
            return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024


def connect(port, source=None):
    s = socket.socket()
    s.settimeout(20)
    if source:
        s.bind((source, 0))
    s.connect(("127.0.0.1", port))
    return s


def send(s, data):
    """What can be sent; the service may have closed."""
    try:
        s.sendall(data)
        return True
    except OSError:
        return False


def count_ended(connections):
    """How many of them the service has closed."""
    ended = 0
    for s in connections:
        s.setblocking(False)
        try:
            while True:
                if not s.recv(65536):
                    ended += 1
                    break
        except BlockingIOError:
            pass
        except OSError:
            ended += 1
    return ended


def drip(port, head, byte, seconds, n=200):
    connections = [connect(port) for _ in range(n)]
    for s in connections:
        s.sendall(head)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for s in connections:
            send(s, byte)
        time.sleep(1)
    return connections


def slow_first_line(port):
    return drip(port, b"GET /", b"a", 15)


def slow_head(port):
    return drip(port, b"GET / HTTP/1.1\r\nX: ", b"a", 15)


def slow_body(port):
    return drip(port, b"POST /recommend HTTP/1.1\r\n" + HEAD + b"Content-Length: 100000\r\n\r\n", b" ", 15)


def long_bodies(port):
    """Declared, then chunked and endless."""
    connections = []
    for i in range(100):
        s = connect(port)
        s.settimeout(5)
        if i % 2:
            send(s, b"POST /events HTTP/1.1\r\n" + HEAD + b"Content-Length: %d\r\n\r\n" % (10 ** random.randint(7, 25)))
            send(s, b"x" * 100000)
        elif send(s, b"POST /recommend HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n"):
            for _ in range(400):
                if not send(s, b"10000\r\n" + b" " * 65536 + b"\r\n"):
                    break
        connections.append(s)
    return connections


def stalled_bodies(port):
    """A thousand bodies of a megabyte, but for their last byte."""
    connections = []
    for i in range(1000):
        s = connect(port)
        s.settimeout(2)
        send(s, b"POST /recommend HTTP/1.1\r\n" + HEAD + b"Content-Length: 1000000\r\n\r\n" + b" " * 999999)
        connections.append(s)
    return connections


def malformed(port):
    random.seed(1)
    connections = []
    pieces = [b"GET / HTTP/1.1\r\n", HEAD, b"\r\n", b"POST", b" ", b"\0", b"HTTP/9.9", b"\xff" * 100, b"Content-Length: -1\r\n",
              b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffffff\r\n", b"GET " + b"/a" * 20000, b"A: b\r\n" * 3000,
              b"\x16\x03\x01\x02\x00\x01\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"Expect: 100-continue\r\n"]
    for i in range(2000):
        s = connect(port)
        send(s, b"".join(random.choice(pieces) for _ in range(random.randint(1, 8))))
        if i % 3:
            s.close()
        else:
            connections.append(s)
    return connections


def never_read(port):
    """Lists of a thousand items, over and over, and ten times the largest answer there is, which nobody takes."""
    connections = []
    body = b'{"k": 1000, "requests": [' + b",".join([b"1"] * 100) + b"]}"
    for i in range(200):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(2)
        s.connect(("127.0.0.1", port))
        if i % 20:
            send(s, (b"GET /recommend?k=1000&user=1 HTTP/1.1\r\n" + HEAD + b"\r\n") * 200)
        else:
            send(s, b"POST /recommend HTTP/1.1\r\n" + HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        connections.append(s)
    return connections


def half_closed(port):
    """Ask, and end the sending side: some within a request."""
    connections = []
    for i in range(1000):
        s = connect(port)
        request = b"GET /recommend?user=1 HTTP/1.1\r\n" + HEAD + b"\r\n"
        send(s, request if i % 2 else request[: i % len(request)])
        s.shutdown(socket.SHUT_WR)
        connections.append(s)
    return connections


def idle(port):
    """Ten thousand, and two thousand more, from several addresses."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    n = min(12000, limit - 100)
    if n < 12000:
        print("hostile.py: only %d connections: ulimit -Hn is %d" % (n, limit), file=sys.stderr)
    return [connect(port, "127.0.0.%d" % (2 + i % 8)) for i in range(n)]


KINDS = [("nobody", lambda port: time.sleep(3) or []), ("slow first lines", slow_first_line), ("slow heads", slow_head),
         ("slow bodies", slow_body), ("bodies too long", long_bodies), ("stalled bodies of 1 MB", stalled_bodies),
         ("no requests", malformed), ("answers never read", never_read), ("half-closed", half_closed), ("idle", idle),
         ("nobody", lambda port: time.sleep(3) or [])]


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    model, index, user = sys.argv[1:4]
    service = Service(sys.argv[4:] + [model, index])
    others = Others(service.port, user)
    failed = False
    print("what\tseconds\tconnections\tended\tothers\tfailures\tp50_ms\tmax_ms\tMiB\tMiB_after", flush=True)
    others.take()
    for name, kind in KINDS:
        began = time.monotonic()
        connections = kind(service.port)
        time.sleep(3)
        seconds, memory = time.monotonic() - began, service.mebibytes()
        ended = count_ended(connections)
        for s in connections:
            s.close()
        time.sleep(2)
        n, failures, p50, longest = others.take()
        print("%s\t%.0f\t%d\t%d\t%d\t%d\t%.1f\t%.1f\t%.1f\t%.1f" %
              (name, seconds, len(connections), ended, n, failures, p50, longest, memory, service.mebibytes()), flush=True)
        if service.process.poll() is not None:
            sys.exit("hostile.py: tt-serve ended with %d" % service.process.returncode)
        if failures or longest > PATIENCE * 1e3:
            print("hostile.py: %s: %s" % (name, others.first_failure or "others waited too long"), file=sys.stderr)
            failed = True
    others.ends = True
    service.process.terminate()
    if service.process.wait(30) != 0:
        sys.exit("hostile.py: tt-serve ended with %d" % service.process.returncode)
    sys.exit(failed)


main()
