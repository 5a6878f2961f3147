"""Chromium without a screen, driven through its DevTools protocol over a pair of pipes; Python's own library only.

    browser = Browser('chromium', folder)
    browser.open('http://127.0.0.1:8600/')
    browser.js('document.title')
    browser.click('#user'); browser.type('u1'); browser.key('Enter')
    browser.wait('document.body.dataset.round')
    browser.close()

browser.requests, browser.faults: what the page asked for, and what it complained about.
"""
import base64
import json
import os
import select
import subprocess
import time

KEYS = {'Enter': (13, '\r'), 'Tab': (9, ''), 'ArrowDown': (40, ''), 'ArrowUp': (38, ''), 'Escape': (27, ''),
        'Home': (36, ''), ' ': (32, ' ')}
PATIENCE = 60  # seconds, of a slow machine


class Browser:
    def __init__(self, program, folder):
        to_read, self.to = os.pipe()
        self.fro, to_write = os.pipe()

        def pipes():  # Chromium reads 3 and writes 4
            a, b = os.dup(to_read), os.dup(to_write)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [program, '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
             '--disable-extensions', '--disable-background-networking', '--disable-component-update', '--disable-sync',
             '--hide-scrollbars', '--remote-debugging-pipe', '--user-data-dir=' + folder, 'about:blank'],
            preexec_fn=pipes, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(os.path.join(folder, 'chromium.log'), 'w'))
        os.close(to_read)
        os.close(to_write)
        self.rest, self.number, self.session = b'', 0, None
        self.requests, self.faults = [], []
        page = next(t for t in self.call('Target.getTargets')['targetInfos'] if t['type'] == 'page')
        self.session = self.call('Target.attachToTarget', targetId=page['targetId'], flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Network', 'Log'):
            self.call(domain + '.enable')

    def message(self):
        end = time.monotonic() + PATIENCE
        while b'\0' not in self.rest:
            if not select.select([self.fro], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError('the browser says nothing')
            more = os.read(self.fro, 1 << 20)
            if not more:
                raise EOFError('the browser ended')
            self.rest += more
        text, self.rest = self.rest.split(b'\0', 1)
        return json.loads(text)

    def call(self, method, **params):
        self.number += 1
        request = {'id': self.number, 'method': method, 'params': params}
        if self.session:
            request['sessionId'] = self.session
        data = json.dumps(request).encode() + b'\0'
        while data:
            data = data[os.write(self.to, data):]
        while True:
            answer = self.message()
            if answer.get('id') == self.number:
                if 'error' in answer:
                    raise RuntimeError(method + ': ' + answer['error']['message'])
                return answer['result']
            self.note(answer)

    def note(self, event):
        params = event.get('params', {})
        if event.get('method') == 'Network.requestWillBeSent':
            self.requests.append(params['request']['url'])
        elif event.get('method') == 'Runtime.exceptionThrown':
            details = params['exceptionDetails']
            self.faults.append(details.get('exception', {}).get('description', details['text']))
        elif event.get('method') == 'Log.entryAdded' and params['entry']['source'] != 'network':
            self.faults.append(params['entry']['text'])

    def js(self, expression):
        result = self.call('Runtime.evaluate', expression=expression, returnByValue=True, awaitPromise=True)
        if 'exceptionDetails' in result:
            raise RuntimeError(expression + ': ' + result['exceptionDetails']['exception'].get('description', '?'))
        return result['result'].get('value')

    def wait(self, expression):
        end = time.monotonic() + PATIENCE
        while not self.js(expression):
            if time.monotonic() > end:
                raise TimeoutError('never true: ' + expression)
            time.sleep(0.02)

    def open(self, url):
        self.call('Page.navigate', url='about:blank')
        self.wait('location.href === "about:blank" && document.readyState === "complete"')
        self.call('Page.navigate', url=url)
        self.wait('location.href !== "about:blank" && document.readyState === "complete"')

    def key(self, name, shift=False):
        code, text = KEYS[name]
        for kind in ('keyDown' if text else 'rawKeyDown', 'keyUp'):
            self.call('Input.dispatchKeyEvent', type=kind, key=name, code='Space' if name == ' ' else name,
                      windowsVirtualKeyCode=code, modifiers=8 if shift else 0,
                      **({'text': text} if text and kind == 'keyDown' else {}))

    def type(self, text):
        for c in text:
            code = ord(c.upper()) if c.isalnum() and c.isascii() else 0
            self.call('Input.dispatchKeyEvent', type='keyDown', key=c, text=c, windowsVirtualKeyCode=code)
            self.call('Input.dispatchKeyEvent', type='keyUp', key=c, windowsVirtualKeyCode=code)

    def click(self, selector):
        x, y = self.js('(() => { const node = document.querySelector(%s); node.scrollIntoView({block: "center"});'
                       ' const box = node.getBoundingClientRect();'
                       ' return [box.x + box.width / 2, box.y + box.height / 2]; })()' % json.dumps(selector))
        for kind in ('mousePressed', 'mouseReleased'):
            self.call('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)

    def size(self, width, height, dark=False, scale=1):
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=scale,
                  mobile=width < 500)
        self.call('Emulation.setEmulatedMedia',
                  features=[{'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])

    def picture(self, path, whole=False):
        with open(path, 'wb') as f:
            f.write(base64.b64decode(self.call('Page.captureScreenshot', captureBeyondViewport=whole)['data']))

    def close(self):
        try:
            self.session = None
            self.call('Browser.close')
            self.process.wait(20)
        except Exception:
            self.process.kill()
            self.process.wait()
