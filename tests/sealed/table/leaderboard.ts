// Stable sorts one after another: by name, then by time, then by score; equal scores share a rank.
type Player = { name: string; score: number; seconds: number };

const byName = (a: Player, b: Player) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
const byTime = (a: Player, b: Player) => a.seconds - b.seconds;
const byScore = (a: Player, b: Player) => b.score - a.score;

const sorted = [byName, byTime, byScore].reduce((players, order) => players.toSorted(order), input);
const rankOf = (player: Player) => sorted.findIndex(({ score }) => score === player.score) + 1;

return sorted.map((player) => `${rankOf(player)}. ${player.name} ${player.score} (${player.seconds} s)`);
