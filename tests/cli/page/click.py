"""Clicks through the page of a running tt-serve; prints a line for each thing that it sees: "ok" or "not ok", its name,
and what was wrong, with tabs between.

    click.py CHROMIUM FOLDER ADDRESS ADDRESS_OF_ONE_THAT_WANTS_A_TOKEN TOKEN

The service answers for a world with the context meal_time and items with a category and a Korean name, and takes
events. What the page shows is compared with what the JSON says.
"""
import atexit
import json
import sys
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from browser import Browser

program, folder, base, guarded, token = sys.argv[1:]
browser = Browser(program, folder)
atexit.register(browser.close)


def check(name, good, *what):
    wrong = '' if good else '\t' + ' | '.join(str(w)[:300] for w in what)
    print(('ok\t' if good else 'not ok\t') + name + wrong, flush=True)


def same(name, got, wanted):
    check(name, got == wanted, 'shown', got, 'wanted', wanted)


def get(path, **query):
    with urlopen(base + path + ('?' + urlencode(query, doseq=True) if query else '')) as answer:
        return json.load(answer)


def ids(answer):
    return [item['id'] for item in answer['items']]


def listed():
    return browser.js('[...document.querySelectorAll("#list > li")].map((li) => li.dataset.id)')


def history():
    return browser.js('[...document.querySelectorAll("#history > li")].map((li) => li.dataset.id)')


def text(selector):
    return browser.js('document.querySelector(%s).innerText' % json.dumps(selector))


def settled(act):
    """Do something that makes the page ask anew, and wait for what it then shows."""
    before = browser.js('document.body.dataset.round') or '0'
    act()
    browser.wait('Number(document.body.dataset.round) > %s && !document.body.classList.contains("busy")' % before)


def focus(selector):
    browser.js('document.querySelector(%s).focus()' % json.dumps(selector))


def opened(fragment=''):
    browser.open(base + '/' + fragment)
    browser.wait('document.body.dataset.round')


def enter(selector, value):
    """Click a field, put a text in its place, press Enter."""
    browser.click(selector)
    browser.js('document.querySelector(%s).select()' % json.dumps(selector))
    browser.type(value)
    settled(lambda: browser.key('Enter'))


def choose(selector, value):
    """Arrow keys in a select, until it has the value."""
    focus(selector)
    options, at = browser.js('(() => { const s = document.querySelector(%s);'
                             ' return [[...s.options].map((o) => o.value), s.selectedIndex]; })()'
                             % json.dumps(selector))
    to = options.index(value)
    for _ in range(abs(to - at)):
        settled(lambda: browser.key('ArrowDown' if to > at else 'ArrowUp'))


def tab_to(selector, shift=False):
    """How many times Tab was pressed until the element has the focus; 0: never."""
    for n in range(1, 200):
        browser.key('Tab', shift)
        if browser.js('document.activeElement && document.activeElement.matches(%s)' % json.dumps(selector)):
            return n
    return 0


about = get('/about')
user = get('/users')['users'][0]
meals = [column for column in about['contexts'] if column['name'] == 'meal_time'][0]['values']
now = about['context']['meal_time']
category = get('/recommend', user=user, k=3)['items'][2]['attributes']['category']

with urlopen(base + '/') as answer:
    policy = answer.headers.get('Content-Security-Policy', '')
check('the page is sent with a strict policy', '-src ' in policy and 'unsafe' not in policy and '*' not in policy,
      policy)

# ---- nobody ----
browser.size(1280, 900)
opened()
same('nobody: the popular items', listed(), ids(get('/recommend')))
check('and it says so', 'Popular' in text('#source'), text('#source'))
check('no button for nobody', browser.js('document.querySelector(".visit") === null'))

# ---- a user ----
browser.click('#user')
browser.type(user[:-1])
suggested = get('/users', prefix=user[:-1], limit=20)['users']
try: # those of the empty field and of the first letters may come before
    browser.wait('JSON.stringify([...document.querySelectorAll("#users option")].map((o) => o.value)) === %s'
                 % json.dumps(json.dumps(suggested, separators=(',', ':'), ensure_ascii=False)))
except TimeoutError:
    pass
same('suggestions', browser.js('[...document.querySelectorAll("#users option")].map((o) => o.value)'), suggested)
enter('#user', user)
answer = get('/recommend', user=user, explain=1)
same('a user: the list', listed(), ids(answer))
known = get('/users/' + quote(user))['history']
heaviest = [h['id'] for h in sorted(known, key=lambda h: -h['weight'])]
same('their history, the heaviest first', history(), heaviest[:8])
if len(heaviest) > 8:
    browser.click('#more')
    same('all of it', history(), heaviest)
same('the reasons', browser.js('[...document.querySelectorAll("#list > li .why b")].map((b) => b.innerText)'),
     [get('/items/' + quote(item['because']))['attributes']['name'] for item in answer['items']])
same('a name is the title', browser.js('[...document.querySelectorAll("#list > li h3")].map((h) => h.innerText)'),
     [item['attributes']['name'] for item in answer['items']])
check('marked as Korean', browser.js('[...document.querySelectorAll("#list > li h3")].every((h) => h.lang === "ko")'))
same('the id is small print', browser.js('[...document.querySelectorAll("#list > li .small")].map((p) => p.innerText)'),
     ids(answer))
past = {h['id']: h.get('attributes', {}) for h in known}
both = [[value for name, value in item['attributes'].items() if past[item['because']].get(name) == value]
        for item in answer['items']]
same('what is shared', browser.js('[...document.querySelectorAll("#list > li")].map((li) =>'
                                  ' [...li.querySelectorAll(".why mark")].map((m) => m.innerText))'), both)

# ---- the meal time ----
for meal in [m for m in meals if m != now][:2]:
    choose('#user-meal_time', meal)
    same('at %s: the list' % meal, listed(), ids(get('/recommend', user=user, meal_time=meal)))
lists = {meal: ids(get('/recommend', user=user, meal_time=meal, k=100)) for meal in meals}
check('meal times have different lists', len({tuple(l[:10]) for l in lists.values()}) > 1)
table = browser.js('[...document.querySelectorAll("#compare-table tr")].map((tr) => [...tr.cells].map((c) =>'
                   ' c.dataset.id || (c.querySelector("button") || c).innerText))')
for column, name in enumerate(table[0]):
    if column:
        same('the comparison: ' + name, [row[column] for row in table[1:]], lists[name][:10])
marks = browser.js('[...document.querySelectorAll("#compare-table tbody tr")].map((tr) => [...tr.cells].map((c) =>'
                   ' c.querySelector(".move") ? c.querySelector(".move > span").innerText : ""))')


def mark(rank, item):
    if item not in lists[meal]:
        return 'new'
    up = lists[meal].index(item) - rank
    return '=' if up == 0 else '▲%d' % up if up > 0 else '▼%d' % -up


same('the moves', [row[1:] for row in marks],
     [['' if name == meal else mark(rank, lists[name][rank]) for name in table[0][1:]] for rank in range(len(marks))])
other = next(column for column, name in enumerate(table[0]) if column and name != meal)
settled(lambda: browser.click('#compare-table th:nth-child(%d) button' % (other + 1)))
same('a click on a column chooses it', listed(), lists[table[0][other]][:10])

# ---- filters ----
choose('#user-meal_time', '')
focus('#item-category')
settled(lambda: browser.type(category[0]))
choose('#item-category', category)
filtered = get('/recommend', user=user, category=category)
same('a category: the list', listed(), ids(filtered))
check('all of it', all(item['attributes']['category'] == category for item in filtered['items']) and filtered['items'])
check('a short list says why', filtered.get('reason', '').lower().rstrip('.') == text('#reason').lower().rstrip('.'),
      filtered.get('reason'), text('#reason'))
address = browser.js('location.href')
browser.open(address)
browser.wait('document.body.dataset.round')
same('the address keeps it all', [listed(), browser.js('document.querySelector("#item-category").value')],
     [ids(filtered), category])
choose('#item-category', '')

# ---- how many, seen ----
browser.js('document.querySelector("#k").select()')
focus('#k')
browser.type('3')
settled(lambda: browser.key('Enter'))
same('three of them', listed(), ids(get('/recommend', user=user, k=3)))
settled(lambda: browser.click('#seen'))
same('with what was visited, or without', listed(),
     ids(get('/recommend', user=user, k=3, seen='keep' if about['seen'] == 'remove' else 'remove')))
opened('#' + urlencode({'user': user}))

# ---- an unknown user ----
strange = '<b>nobody & co</b>'
enter('#user', strange)
same('an unknown user: the popular items', listed(), ids(get('/recommend', user=strange)))
check('their name is text', strange in text('#source') and browser.js('document.querySelector("#source b") === null'),
      text('#source'))
check('and it says what is shown', 'Popular' in text('#source') and 'no history' in text('#source'),
      text('#source'))
visited = get('/items', limit=2)['items']
for item in visited:
    browser.click('#typed-item')
    browser.type(item)
    settled(lambda: browser.key('Enter'))
same('a history that is typed: the list', listed(), ids(get('/recommend', user=strange, history=visited)))
check('and it says so', '2' in text('#source') and 'visited' in text('#source'), text('#source'))
settled(lambda: browser.click('#history li button'))
same('and one less', listed(), ids(get('/recommend', user=strange, history=visited[1:])))

# ---- errors ----
before = browser.js('document.body.dataset.round')
settled(lambda: browser.js('location.hash = "#user=%s&item.no_such_column=1"' % quote(user)))
try:
    get('/recommend', **{'user': user, 'item.no_such_column': 1})
    wanted = 'an error'
except HTTPError as error:
    wanted = json.load(error)['error']
check('an error is shown', wanted in text('#alert') and listed() == [], text('#alert'), wanted)
same('as an alert', browser.js('document.querySelector("#alert").getAttribute("role")'), 'alert')
settled(lambda: browser.js('location.hash = "#user=%s"' % quote(user)))
same('and goes', text('#alert').strip(), '')

# ---- an event ----
first = listed()[0]
weight = sum(h['weight'] for h in get('/users/' + quote(user))['history'] if h['id'] == first)
settled(lambda: browser.click('#list > li:first-child .visit'))
after = get('/users/' + quote(user))['history']
check('"was here" is in the history', sum(h['weight'] for h in after if h['id'] == first) > weight, first, after)
same('the list is made anew', listed(), ids(get('/recommend', user=user)))
check('without what was just visited', first not in listed() or about['seen'] == 'keep', first, listed())
check('and it says so', 'Noted' in text('#source'), text('#source'))

# ---- by keyboard alone ----
opened()
check('Tab reaches the user', tab_to('#user') > 0)
browser.type(user)
settled(lambda: browser.key('Enter'))
check('Tab reaches the meal time', tab_to('#user-meal_time') > 0)
settled(lambda: browser.key('ArrowDown'))
chosen = browser.js('document.querySelector("#user-meal_time").value')
same('an arrow key chooses', listed(), ids(get('/recommend', user=user, meal_time=chosen)))
check('Tab reaches "was here"', tab_to('#list > li:nth-child(2) .visit') > 0)
outline = browser.js('(() => { const s = getComputedStyle(document.activeElement);'
                     ' return [s.outlineStyle, parseFloat(s.outlineWidth)]; })()')
check('where the focus is can be seen', outline[0] != 'none' and outline[1] >= 2, outline)
second = listed()[1]
settled(lambda: browser.key('Enter'))
check('Enter presses it', second in [h['id'] for h in get('/users/' + quote(user))['history']], second)
browser.wait('document.activeElement.id === "results-title"')
check('Tab reaches the comparison', tab_to('#compare-table button:enabled') > 0)
to = browser.js('document.activeElement.textContent')
settled(lambda: browser.key('Enter'))
same('and Enter there chooses', browser.js('document.querySelector("#user-meal_time").value'), to)
nameless = browser.js('[...document.querySelectorAll("input, select, button")]'
                      '.filter((c) => !(c.labels && c.labels.length) && !c.getAttribute("aria-label")'
                      ' && !c.textContent.trim()).map((c) => c.outerHTML)')
same('every control has a name', nameless, [])

# ---- a small screen ----
for width in (360, 700, 800, 1280):
    browser.size(width, 740, dark=width == 700)
    wide = browser.js('document.documentElement.scrollWidth')
    check('%d pixels are enough' % width, wide <= width, wide)

# ---- WCAG AA: 4.5 to 1, light and dark ----
CONTRAST = '''(() => {
    const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => {
        const v = c[i] / 255;
        return sum + w * (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    }, 0);
    const behind = (node) => {
        for (; node; node = node.parentElement) {
            const c = rgb(getComputedStyle(node).backgroundColor);
            if (c.length === 3 || c[3] === 1)
                return c;
        }
        return [255, 255, 255];
    };
    const bad = new Set();
    for (const node of document.querySelectorAll("body *")) {
        if (!node.getClientRects().length || ![...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
            continue;
        const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
        if ((a + 0.05) / (b + 0.05) < 4.5)
            bad.add(`${node.tagName}.${node.className} ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
    }
    return [...bad];
})()'''
for dark in (False, True):
    browser.size(1280, 900, dark)
    same('contrast, ' + ('dark' if dark else 'light'), browser.js(CONTRAST), [])

# ---- a token ----
browser.open(guarded + '/#user=' + quote(user))
browser.wait('!document.querySelector("#token").hidden')
check('a token is needed', 'token' in text('#alert'), text('#alert'))
same('its field has the focus', browser.js('document.activeElement.id'), 'token-text')
browser.type('not ' + token)
browser.key('Enter')
browser.wait('document.querySelector("#alert").innerText.includes("refuses")')
browser.type(token)
browser.key('Enter')
browser.wait('document.body.dataset.round')
check('with it, a list', len(listed()) == 10 and browser.js('document.querySelector("#token").hidden'), listed())

# ---- all the while ----
same('nothing is asked of anybody else',
     [u for u in browser.requests if not u.startswith((base + '/', guarded + '/', 'about:'))], [])
same('no fault on the page', browser.faults, [])
