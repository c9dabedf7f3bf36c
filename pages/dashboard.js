// What the cards show, by their titles.
export function figures(cards) {
  return Object.fromEntries(cards.map((card) =>
    [card.querySelector(".card-title").innerText.trim(), card.querySelector(".card-text")?.innerText.trim() || ""]));
}
