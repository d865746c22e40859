// Sales by region and quarter: grouped by a function, then summed; the groups are records of lists.
type Sale = { region: string; day: string; cents: number };

const groupBy = (list: Sale[], key: (sale: Sale) => string) =>
  list.reduce((groups, item) => {
    const name = key(item);
    return { ...groups, [name]: name in groups ? [...groups[name], item] : [item] };
  }, {});

const digits = (text: string) => Option.getOr(Int.parse(text.startsWith("0") ? text.slice(1) : text), 0);
const quarter = ({ day }: Sale) => `Q${Int.div(digits(day.slice(5, 7)) + 2, 3)}`;
const total = (sales: Sale[]) => sales.reduce((sum, { cents }) => sum + cents, 0);
const mapValues = (record, change) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

const regions = groupBy(input, ({ region }) => region);
return {
  byRegion: mapValues(regions, total),
  byRegionAndQuarter: mapValues(regions, (sales) => mapValues(groupBy(sales, quarter), total)),
};
