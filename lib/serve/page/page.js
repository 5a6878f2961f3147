/* The page of tt-serve. The address after "#" holds the request; a control changes the address, and then the page sends
 * the request of the address and shows the answer. Texts of the service are only ever set as textContent.
 *
 *   #user=u1&k=10&seen=keep&by=meal_time&history=s1&history=s2&user.meal_time=lunch&item.category=korean
 */
"use strict";

(() => {
    const HISTORY_SHOWN = 8;     /* before "show all" */
    const SELECT_VALUES = 60;    /* more are typed */
    const COMPARED_VALUES = 24;  /* columns of the comparison */
    const COMPARED_RANKS = 10;   /* its rows, at most */
    const KNOWN_RANKS = 100;     /* how far down the chosen list ranks are compared */

    const $ = (id) => document.getElementById(id);
    let about = null;
    let noun = {user: "user", item: "item", items: "items"};
    let round = 0;               /* answers of an earlier round are dropped */
    let showsAllHistory = false;
    let notice = "";             /* to be shown with the next list */
    let loaded = null;           /* the address for which load() was called last */
    const known = new Map();     /* items' attributes by id */

    /* ---- small things ---- */

    function el(name, properties, ...children) {
        const node = Object.assign(document.createElement(name), properties);
        node.append(...children.filter((child) => child !== null && child !== undefined));
        return node;
    }

    /* A name or value: Korean is marked as such, so that browsers break and draw it well. */
    function text(value, name = "span", className = "") {
        const node = el(name, {className, textContent: value});
        if (/[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]/.test(value))
            node.lang = "ko";
        return node;
    }

    const words = (name) => name.replace(/_/g, " ");
    const capital = (name) => name.charAt(0).toUpperCase() + name.slice(1);
    const count = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
    const plural = (name) => /[^aeiou]y$/.test(name) ? name.slice(0, -1) + "ies"
        : name + (/(s|x|ch|sh)$/.test(name) ? "es" : "s");

    function alertOf(error) {
        $("alert").replaceChildren(...(error ? [el("p", {textContent: error})] : []));
    }

    function debounced(milliseconds, f) {
        let timer = 0;
        return () => {
            clearTimeout(timer);
            timer = setTimeout(f, milliseconds);
        };
    }

    /* ---- the service ---- */

    class ServiceError extends Error {
        constructor(status, message) {
            super(message);
            this.status = status;
        }
    }

    function tokenHeaders() {
        const token = sessionStorage.getItem("token");
        return token ? {Authorization: "Bearer " + token} : {};
    }

    async function call(path, body) {
        let response, answer = null;
        const headers = tokenHeaders();
        if (body)
            headers["Content-Type"] = "application/json";
        try {
            response = await fetch(path, {method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body)});
        } catch {
            throw new ServiceError(0, "The service does not answer. Is it running?");
        }
        try {
            answer = await response.json();
        } catch {
            /* reported below */
        }
        if (response.ok && answer)
            return answer;
        if (response.status === 401)
            throw new ServiceError(401, headers.Authorization ? "The service refuses this token."
                                                              : "The service needs a token.");
        if (response.status === 429) {
            const wait = response.headers.get("Retry-After");
            throw new ServiceError(429, `Too many requests. Try again ${wait ? `in ${wait} s` : "soon"}.`);
        }
        throw new ServiceError(response.status, answer && answer.error
            ? `The service says: ${answer.error}.`
            : `The service answers with status ${response.status}, and nothing that this page understands.`);
    }

    function failed(error) {
        if (!(error instanceof ServiceError)) {
            alertOf("This page has a fault: " + error.message);
            throw error;
        }
        alertOf(error.message);
        if (error.status === 401) {
            $("token").hidden = false;
            $("token-text").focus();
        }
    }

    /* ---- the request, in the address ---- */

    const request = () => new URLSearchParams(location.hash.slice(1));

    /* Change the address, which loads the page's data; with the same address load again, unless that is under way. */
    function go(params) {
        const before = location.hash;
        location.hash = params.toString();
        if (location.hash === before && before === loaded)
            load();
    }

    function change(name, value) {
        const params = request();
        if (value === "")
            params.delete(name);
        else
            params.set(name, value);
        go(params);
    }

    /* The parameters for /recommend. */
    function question() {
        const params = request();
        const query = new URLSearchParams({explain: "1"});
        for (const [name, value] of params)
            if (name !== "by")
                query.append(name, value);
        return query;
    }

    /* The same as members of a JSON body; what comes several times is an array. */
    function questionBody() {
        const body = {};
        const query = question();
        query.delete("explain");
        for (const name of new Set(query.keys()))
            body[name] = query.getAll(name).length > 1 ? query.getAll(name) : query.get(name);
        return body;
    }

    /* ---- the controls ---- */

    const ORDERS = [["breakfast", "brunch", "lunch", "afternoon", "dinner", "evening", "night", "late_night"],
                    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]];

    function inOrder(values) {
        const order = ORDERS.find((names) => values.every((value) => names.includes(value)));
        if (order)
            return [...values].sort((a, b) => order.indexOf(a) - order.indexOf(b));
        if (values.every((value) => value !== "" && Number.isFinite(Number(value))))
            return [...values].sort((a, b) => Number(a) - Number(b));
        return [...values].sort((a, b) => a.localeCompare(b, ["ko", "en"]));
    }

    /* A select, or a text with suggestions where there are many values. `prefix` is of the name in the address. */
    function columnField(column, prefix, none) {
        const id = `${prefix}-${column.name}`, name = `${prefix}.${column.name}`;
        const values = inOrder(column.values);
        const label = el("label", {htmlFor: id, textContent: capital(words(column.name))});
        const field = el("div", {className: "field"}, label);
        let control;
        if (column.total > 0 && column.total <= SELECT_VALUES) {
            control = el("select", {id}, el("option", {value: "", textContent: none}),
                         ...values.filter((value) => value !== "")
                             .map((value) => el("option", {value, textContent: words(value)})));
            field.append(control);
        } else {
            const list = el("datalist", {id: id + "-values"}, ...values.map((value) => el("option", {value})));
            control = el("input", {id, placeholder: none, spellcheck: false, autocapitalize: "none"});
            control.setAttribute("list", list.id);
            field.append(control, list);
        }
        control.dataset.name = name;
        control.addEventListener("change", () => change(name, control.value));
        return field;
    }

    /* Coordinates, names and measured numbers are no sensible filters. */
    function isFilter(column) {
        const isMeasured = column.total > SELECT_VALUES &&
            column.values.every((value) => Number.isFinite(Number(value)));
        return column.total > 1 && !isTitle(column.name) && !isMinorName(column.name) && !isMeasured;
    }

    function clockOption(column) {
        return about.context[column.name] === undefined ? "not given" : `now (${words(about.context[column.name])})`;
    }

    function buildControls() {
        const eats = ["store", "restaurant", "business", "venue", "place", "shop"].includes(noun.item);
        $("question").textContent = document.title =
            eats ? "Where should this user eat now?" : `Which ${noun.item} for this ${noun.user}?`;
        $("sizes").textContent =
            `${count(about.users, noun.user, plural(noun.user))} · ${count(about.items, noun.item, noun.items)}`;
        $("user-label").textContent = capital(noun.user);
        $("seen-label").textContent = `Leave out ${noun.items} already visited`;
        $("typed-label").textContent = `A ${noun.item} that was visited`;
        $("contexts").replaceChildren(...about.contexts.map((column) =>
            columnField(column, "user", clockOption(column))));
        $("features").replaceChildren(...about.features.map((column) =>
            columnField(column, "user", "as the model knows")));
        $("features-box").hidden = about.features.length === 0;
        const filters = about.filters.filter(isFilter);
        $("filters").replaceChildren(...filters.map((column) => columnField(column, "item", "any")));
        $("filters-box").hidden = filters.length === 0;
        $("filters-box").open = filters.length <= 4 && matchMedia("(min-width: 760px)").matches;
        $("filters-box").querySelector("summary").firstChild.textContent = `Filter ${noun.items} `;
        $("compare-by").replaceChildren(...about.contexts.map((column) =>
            el("option", {value: column.name, textContent: words(column.name)})));
        $("compare-by-field").hidden = about.contexts.length < 2;
        $("made-from").textContent =
            `${about.name}: model ${about.model.slice(0, 8)}, index ${about.index.slice(0, 8)}`;
    }

    /* Set the controls to the request in the address. */
    function setControls() {
        const params = request();
        const set = (control, value) => {
            if (control.value !== value)
                control.value = value;
        };
        set($("user"), params.get("user") || "");
        set($("k"), params.get("k") || "10");
        $("seen").checked = (params.get("seen") || about.seen) === "remove";
        let filters = 0;
        for (const control of $("request").querySelectorAll("[data-name]")) {
            const value = params.get(control.dataset.name) || "";
            if (control.tagName === "SELECT" && value && ![...control.options].some((o) => o.value === value))
                control.append(el("option", {value, textContent: words(value)}));
            set(control, value);
            filters += value !== "" && control.dataset.name.startsWith("item.");
        }
        $("filters-set").textContent = filters ? `${filters} set` : "";
        if (about.contexts.some((column) => column.name === params.get("by")))
            $("compare-by").value = params.get("by");
    }

    function suggest(input, list, path, key) {
        const suggest = debounced(120, async () => {
            try {
                const answer = await call(`${path}?limit=20&prefix=${encodeURIComponent(input.value)}`);
                list.replaceChildren(...answer[key].map((value) => el("option", {value})));
            } catch {
                list.replaceChildren(); /* suggestions may be missing */
            }
        });
        input.addEventListener("input", suggest);
        input.addEventListener("focus", suggest);
    }

    /* ---- items ---- */

    const isTitle = (name) => ["name", "title", noun.item + "_name", noun.item + "_title"].includes(name);
    const MINOR_NAMES = /^(lat|latitude|lon|lng|long|longitude|x|y|url|link|phone|tel|address|zip|postal_code|.*_id)$/i;
    const isMinorName = (name) => MINOR_NAMES.test(name);
    const isMinor = (name, value) => isMinorName(name) || value.length > 32 || /^-?\d+\.\d{4,}$/.test(value);
    const valuesOf = (attribute) => attribute === undefined ? [] : Array.isArray(attribute) ? attribute : [attribute];

    function titleOf(id) {
        const attributes = known.get(id) || {};
        const column = Object.keys(attributes).find(isTitle);
        return column ? valuesOf(attributes[column]).join(", ") : id;
    }

    function learn(items) {
        for (const item of items)
            if (item.attributes)
                known.set(item.id, item.attributes);
    }

    /* Attributes of items that were only named. */
    async function learnMissing(ids) {
        const missing = [...new Set(ids)].filter((id) => !known.has(id)).slice(0, 50);
        await Promise.all(missing.map(async (id) => {
            try {
                learn([await call("items/" + encodeURIComponent(id))]);
            } catch (error) {
                if (error.status !== 404)
                    throw error;
            }
        }));
    }

    /* What two items have in common: column -> values. */
    function sharedOf(a, b) {
        const shared = new Map();
        const [of, others] = [known.get(a) || {}, known.get(b) || {}];
        for (const column of Object.keys(of)) {
            const both = valuesOf(of[column]).filter((value) =>
                !isTitle(column) && !isMinor(column, value) && valuesOf(others[column]).includes(value));
            if (both.length)
                shared.set(column, both);
        }
        return shared;
    }

    /* "37.5665, 126.978" in place of two attributes; what else is small print. */
    function smallPrint(attributes) {
        const small = attributes.filter(([name, values]) => values.some((value) => isMinor(name, value)));
        const find = (pattern) => small.find(([name]) => pattern.test(name));
        const place = [find(/^lat(itude)?$/i), find(/^(lon|lng|long|longitude)$/i)];
        const others = small.filter((entry) => !(place[0] && place[1] && place.includes(entry)));
        return [...(place[0] && place[1] ? [`${place[0][1][0]}, ${place[1][1][0]}`] : []),
                ...others.map(([name, values]) => `${words(name)} ${values.join(", ")}`)];
    }

    /* One attribute: a word speaks for itself, a number needs its name. */
    function chip(name, value, isShared) {
        const isNumber = value !== "" && Number.isFinite(Number(value));
        return el("li", {className: isShared ? "shared" : "", title: words(name)},
                  el("span", {className: isNumber ? "key" : "heard", textContent: words(name) + " "}), text(value));
    }

    /* Title, attributes, and small print; attributes in `shared` are pointed out. */
    function describe(id, level, shared = new Map()) {
        const title = titleOf(id);
        const attributes = Object.entries(known.get(id) || {}).filter(([name]) => !isTitle(name))
            .map(([name, attribute]) => [name, valuesOf(attribute).filter((value) => value !== "")])
            .filter(([, values]) => values.length);
        const chips = attributes.filter(([name, values]) => !values.some((value) => isMinor(name, value)))
            .flatMap(([name, values]) => values.map((value) =>
                chip(name, value, (shared.get(name) || []).includes(value))));
        const small = [...(title !== id ? [id] : []), ...smallPrint(attributes)];
        return [text(title, level, "title"), chips.length ? el("ul", {className: "chips"}, ...chips) : null,
                small.length ? text(small.join(" · "), "p", "small") : null];
    }

    function why(item) {
        if (item.because === undefined)
            return [null, new Map()];
        const shared = sharedOf(item.id, item.because);
        const line = el("p", {className: "why"}, "near ", text(titleOf(item.because), "b"), ", visited");
        const values = [...shared.values()].flat();
        if (values.length) {
            line.append(" · both ");
            values.forEach((value, i) => line.append(i ? ", " : "", text(value, "mark")));
        }
        return [line, shared];
    }

    function bar(share) {
        const fill = el("span", {className: "fill"});
        fill.style.width = `${Math.max(2, Math.round(100 * share))}%`;
        const track = el("span", {className: "bar"}, fill);
        track.setAttribute("aria-hidden", "true");
        return track;
    }

    /* ---- the list ---- */

    function visitButton(item) {
        const user = request().get("user");
        if (!about.takes_events || !user)
            return null;
        const button = el("button", {type: "button", className: "visit", textContent: "was here"});
        button.setAttribute("aria-label", `${user} was here: ${titleOf(item.id)}`);
        button.addEventListener("click", () => visit(user, item.id, button));
        return button;
    }

    async function visit(user, item, button) {
        const event = {user, item};
        for (const column of about.contexts) {
            const value = request().get("user." + column.name);
            if (value)
                event[column.name] = value;
        }
        button.disabled = true;
        try {
            await call("events", event);
        } catch (error) {
            button.disabled = false;
            failed(error);
            return;
        }
        notice = `Noted: ${user} was at ${titleOf(item)}. `;
        await load();
        $("results-title").focus();
    }

    function showList(answer) {
        const isPopular = answer.source === "popular";
        const scores = answer.items.map((item) => item.score);
        const low = Math.min(0, ...scores), high = Math.max(low + 1e-9, ...scores);
        $("list").replaceChildren(...answer.items.map((item, i) => {
            const [line, shared] = why(item);
            const number = isPopular ? count(item.score, noun.user, plural(noun.user)) : item.score.toFixed(3);
            const score = el("p", {className: "score"}, bar((item.score - low) / (high - low)),
                             el("span", {className: "number", textContent: number}));
            if (!isPopular)
                score.title = "how well it fits: the inner product of the two vectors";
            const node = el("li", {className: "item"}, el("span", {className: "rank", textContent: String(i + 1)}),
                            el("div", {className: "what"}, ...describe(item.id, "h3", shared), line),
                            score, visitButton(item));
            node.dataset.id = item.id;
            return node;
        }));
        $("reason").textContent = answer.reason ? capital(answer.reason) + "." : "";
    }

    /* Whom the list is for, and why it is so. */
    function sourceText(answer, user) {
        const given = request().getAll("history").length;
        const at = Object.entries(answer.context).filter(([, value]) => value !== "")
            .map(([name, value]) => `${words(name)} ${words(value)}${request().has("user." + name) ? "" : " (now)"}`)
            .join(", ");
        const when = at && answer.source !== "popular" ? ` · ${at}` : "";
        switch (answer.source) {
        case "user": return `For ${user}${when}`;
        case "history":
            return (given ? `From the ${count(given, noun.item + " that was", noun.items + " that were")} visited`
                          : `From what ${user} did since the model was trained`) + when;
        case "features": return `From the features of the ${noun.user}${when}`;
        default:
            if (!user)
                return `Popular ${noun.items}: no ${noun.user} was chosen.`;
            return `Popular ${noun.items}: the model has no history of ${user}.`;
        }
    }

    /* ---- the history ---- */

    function showHistory(history, canType) {
        const sorted = history.map((entry, i) => ({...entry, i})).sort((a, b) => b.weight - a.weight || a.i - b.i);
        const shown = showsAllHistory ? sorted : sorted.slice(0, HISTORY_SHOWN);
        const most = sorted.length ? sorted[0].weight : 1;
        $("history").replaceChildren(...shown.map((entry) => {
            const node = el("li", {}, el("div", {className: "what"}, ...describe(entry.id, "h3")));
            node.dataset.id = entry.id;
            if (entry.removes) {
                const button = el("button", {type: "button", className: "link", textContent: "remove"});
                button.setAttribute("aria-label", `remove ${titleOf(entry.id)}`);
                button.addEventListener("click", () => dropTyped(entry.id));
                node.append(button);
            } else {
                const weight = el("p", {className: "score"}, bar(entry.weight / most),
                                  el("span", {className: "number", textContent: Number(entry.weight.toPrecision(3))}));
                weight.title = "its weight in the history";
                node.append(weight);
            }
            return node;
        }));
        $("more").hidden = sorted.length <= HISTORY_SHOWN;
        $("more").textContent = showsAllHistory ? "show fewer" : `show all ${sorted.length}`;
        $("more").onclick = () => {
            showsAllHistory = !showsAllHistory;
            showHistory(history, canType);
        };
        $("history-none").hidden = sorted.length > 0 || canType;
        $("history-none").textContent = "The model has no visits.";
    }

    function addTyped() {
        const item = $("typed-item").value.trim(), params = request();
        if (item === "" || params.getAll("history").includes(item))
            return;
        params.append("history", item);
        $("typed-item").value = "";
        go(params);
    }

    function dropTyped(item) {
        const params = request(), left = params.getAll("history").filter((other) => other !== item);
        params.delete("history");
        left.forEach((other) => params.append("history", other));
        go(params);
        $("typed-item").focus();
    }

    /* ---- the comparison ---- */

    function move(rank, before) {
        const node = el("span", {className: "move"});
        const say = (sign, words, className) => {
            node.append(el("span", {textContent: sign}));
            node.firstChild.setAttribute("aria-hidden", "true");
            node.append(el("span", {className: "heard", textContent: words}));
            node.classList.add(className);
        };
        if (before === undefined)
            say("new", `not among the first ${KNOWN_RANKS} there`, "new");
        else if (before === rank)
            say("=", "the same rank", "same");
        else if (before > rank)
            say(`▲${before - rank}`, `up ${before - rank}`, "up");
        else
            say(`▼${rank - before}`, `down ${rank - before}`, "down");
        return node;
    }

    /* The same item is pointed out in all columns. */
    function pointOut(id) {
        for (const cell of $("compare-table").querySelectorAll("[data-id]"))
            cell.classList.toggle("same-item", id !== null && cell.dataset.id === id);
    }

    async function loadComparison(answer, mine) {
        const column = about.contexts.find((c) => c.name === $("compare-by").value) || about.contexts[0];
        const isUseful = column && column.values.length > 1 && answer.source !== "popular" && answer.items.length > 0;
        if (!isUseful) {
            $("compare").hidden = true;
            return;
        }
        const name = "user." + column.name, chosen = answer.context[column.name];
        let values = inOrder(column.values).filter((value) => value !== "").slice(0, COMPARED_VALUES);
        if (chosen && !values.includes(chosen))
            values.unshift(chosen);
        if (!chosen)
            values.unshift("");
        const ranks = Math.min(Number(request().get("k")) || 10, COMPARED_RANKS);
        const body = questionBody();
        delete body[name];
        body.requests = values.map((value) =>
            ({...(value && {[name]: value}), k: value === (chosen || "") ? KNOWN_RANKS : ranks}));
        const lists = (await call("recommend", body)).answers;
        if (mine !== round)
            return;
        lists.forEach((list) => learn(list.items));
        showComparison(column, values, chosen || "", lists.map((list) => list.items), ranks);
    }

    function showComparison(column, values, chosen, lists, ranks) {
        const before = new Map(lists[values.indexOf(chosen)].map((item, i) => [item.id, i + 1]));
        const head = el("tr", {}, el("th", {scope: "col"}, el("span", {className: "heard", textContent: "rank"})));
        for (const value of values) {
            const button = el("button", {type: "button", className: "link",
                                         textContent: value ? words(value) : "not given"});
            button.disabled = value === chosen;
            button.addEventListener("click", () => {
                change("user." + column.name, value);
                $("compare-scroll").focus();
            });
            head.append(el("th", {scope: "col", className: value === chosen ? "chosen" : ""}, button,
                           value === chosen ? el("span", {className: "small", textContent: "chosen"}) : null));
        }
        const rows = [];
        for (let r = 0; r < ranks; r++) {
            const row = el("tr", {}, el("th", {scope: "row", textContent: String(r + 1)}));
            values.forEach((value, v) => {
                const item = lists[v][r];
                const cell = el("td", {className: value === chosen ? "chosen" : ""});
                if (item) {
                    cell.dataset.id = cell.title = item.id;
                    cell.append(text(titleOf(item.id), "span", "name"), " ",
                                value === chosen ? "" : move(r + 1, before.get(item.id)));
                    cell.addEventListener("mouseenter", () => pointOut(item.id));
                    cell.addEventListener("mouseleave", () => pointOut(null));
                }
                row.append(cell);
            });
            rows.push(row);
        }
        $("compare-table").replaceChildren(el("thead", {}, head), el("tbody", {}, ...rows));
        $("compare-title").textContent = `How the list changes with the ${words(column.name)}`;
        $("compare-note").textContent =
            `Ranks against ${chosen ? words(chosen) : "the first column"}: ▲ higher, ▼ lower, = the same.` +
            (column.total > COMPARED_VALUES ? ` ${COMPARED_VALUES} of ${column.total} are shown.` : "");
        $("compare").hidden = false;
    }

    /* ---- everything ---- */

    /* The user's history from the service, or null. */
    async function findUser(user) {
        if (user === "")
            return null;
        try {
            return await call("users/" + encodeURIComponent(user));
        } catch (error) {
            if (error.status === 404)
                return null;
            throw error;
        }
    }

    async function show(mine) {
        const user = request().get("user") || "";
        const typed = request().getAll("history");
        const [answer, found] = await Promise.all([call("recommend?" + question()), findUser(user)]);
        if (mine !== round)
            return;
        learn(answer.items);
        learn(found ? found.history : []);
        await learnMissing([...typed, ...answer.items.map((item) => item.because).filter((id) => id !== undefined)]);
        if (mine !== round)
            return;
        const canType = !found || typed.length > 0;
        $("source").textContent = notice + sourceText(answer, user);
        notice = "";
        showList(answer);
        showHistory(canType ? typed.map((id) => ({id, weight: 1, removes: true})) : found.history, canType);
        $("typed").hidden = !canType;
        $("typed-why").textContent = !user ? `Recommend to a ${noun.user} who has been at these ${noun.items}:`
            : found ? `These replace the history of ${user}.`
            : `${user} is not in the model. Add ${noun.items} that they have visited: the list is made from these.`;
        await loadComparison(answer, mine);
    }

    async function load() {
        const mine = ++round;
        loaded = location.hash;
        setControls();
        document.body.classList.add("busy");
        try {
            await show(mine);
            if (mine === round)
                alertOf("");
        } catch (error) {
            if (mine === round) {
                $("list").replaceChildren();
                $("source").textContent = $("reason").textContent = "";
                $("compare").hidden = true;
                failed(error);
            }
        }
        if (mine === round) {
            document.body.classList.remove("busy");
            document.body.dataset.round = String(mine); /* all of the page shows this round */
        }
    }

    async function showExamples() {
        const answer = await call("users?limit=4");
        $("examples").replaceChildren(...(answer.users.length ? ["for example"] : []), ...answer.users.map((user) => {
            const button = text(user, "button", "link");
            button.type = "button";
            button.addEventListener("click", () => change("user", user));
            return button;
        }));
    }

    function listen() {
        $("request").addEventListener("submit", (event) => {
            event.preventDefault();
            change("user", $("user").value);
        });
        $("user").addEventListener("change", () => {
            if ($("user").value !== (request().get("user") || ""))
                change("user", $("user").value);
        });
        $("k").addEventListener("change", () => {
            const k = Math.min(100, Math.max(1, Math.round(Number($("k").value) || 10)));
            change("k", k === 10 ? "" : String(k));
        });
        $("seen").addEventListener("change", () => {
            const seen = $("seen").checked ? "remove" : "keep";
            change("seen", seen === about.seen ? "" : seen);
        });
        $("typed-form").addEventListener("submit", (event) => {
            event.preventDefault();
            addTyped();
        });
        $("compare-by").addEventListener("change", () => change("by", $("compare-by").value));
        suggest($("user"), $("users"), "users", "users");
        suggest($("typed-item"), $("items"), "items", "items");
        window.addEventListener("hashchange", () => {
            showsAllHistory = false;
            load();
        });
    }

    async function start() {
        try {
            about = await call("about");
            noun.user = words(about.user_column.replace(/_?id$/i, "") || "user");
            noun.item = words(about.item_column.replace(/_?id$/i, "") || "item");
            noun.items = plural(noun.item);
            buildControls();
            listen();
            $("token").hidden = true;
            $("main").hidden = false;
            await Promise.all([showExamples(), load()]);
        } catch (error) {
            failed(error);
        }
    }

    $("token").addEventListener("submit", (event) => {
        event.preventDefault();
        sessionStorage.setItem("token", $("token-text").value);
        $("token-text").value = "";
        alertOf("");
        if (about) {
            $("token").hidden = true;
            load();
        } else {
            start();
        }
    });
    start();
})();
