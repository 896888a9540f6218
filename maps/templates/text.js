// Words, numbers and small DOM helpers. Data reach the page as text nodes only, never as markup.
const PS = { data: JSON.parse(document.getElementById("ps-data").textContent) };
PS.state = {
  language: PS.data.language,
  technology: null,
  operator: null, // null: the strongest of all
  view: "level",
  opacity: 0.75,
  month: 0,
  selected: null,
  cell: null, // of the selected mast
  own: null, // technology of the footprint that is shown
};

PS.t = function (key) {
  return PS.data.words[PS.state.language][key];
};

// A hamlet's verdict; clusters that all have a signal, but of different operators, lack no signal.
PS.isSplit = (v) => v.verdict === "partial_signal" && v.signal_gap === "split";
PS.verdictOf = (v) => (PS.isSplit(v) ? PS.t("signal_gap.split") : PS.code("verdict", v.verdict));

// A code of the data: its word where the catalogue's family has one, else the code as it stands.
PS.code = function (family, value) {
  if (value === null || value === undefined || value === "") return "–";
  const words = PS.data.words[PS.state.language];
  const key = family + "." + value;
  return PS.has(words, key) ? words[key] : String(value);
};

PS.has = (object, key) => Object.prototype.hasOwnProperty.call(object, key);

PS.locale = () => (PS.state.language === "vi" ? "vi-VN" : "en-GB");

PS.number = function (value, decimals = 0) {
  if (value === null || value === undefined) return "–";
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat(PS.locale(), digits).format(value).replace(/^-/, "\u2212");
};

PS.percent = (share) => (share === null || share === undefined ? "–" : PS.number(share * 100, 1) + "\u00a0%");

PS.date = function (iso) {
  if (!iso) return "–";
  const [year, month, day] = iso.split("-");
  return `${day}/${month}/${year}`;
};

PS.yesNo = (value) => PS.t(value === null || value === undefined ? "unknown" : value ? "yes" : "no");

// Letters without marks, so that "Khe Tien" finds "Khe Tiền" and "Dai Van" finds "Đài Van".
PS.plain = (text) =>
  String(text)
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[đĐ]/g, "d")
    .toLowerCase();

PS.el = function (tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "onclick") node.addEventListener("click", value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
};

PS.byId = (id) => document.getElementById(id);

PS.translate = function () {
  document.documentElement.lang = PS.state.language;
  document.querySelectorAll("[data-t]").forEach((node) => (node.textContent = PS.t(node.dataset.t)));
  document.querySelectorAll("[data-label]").forEach((node) => {
    node.setAttribute("aria-label", PS.t(node.dataset.label));
    if (node.tagName === "BUTTON") node.title = PS.t(node.dataset.label);
  });
  document.querySelectorAll("[data-placeholder]").forEach((node) => {
    node.placeholder = PS.t(node.dataset.placeholder);
  });
  document.querySelectorAll("[data-lang]").forEach((node) => {
    node.setAttribute("aria-pressed", String(node.dataset.lang === PS.state.language));
  });
};
