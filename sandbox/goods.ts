import { dice, pick } from './random.ts'

export type Spec = { axis: string; value: string }
export type Sku = { code: string; specs: Spec[]; stock: number; held: number }
/** What a shop sells, in no platform's words. Without axes a product has one SKU without specs. */
export type Product = { code: string; title: string; kind: string; priceFen: number; skus: Sku[] }

type Kind = {
  kind: string
  letters: string
  nouns: string[]
  praise: string[]
  fen: [from: number, to: number]
  axes: [axis: string, values: string[]][]
}

const colours = ['黑色', '米白', '雾蓝', '豆沙粉', '军绿', '燕麦色']
const kinds: Kind[] = [
  {
    kind: '女装',
    letters: 'NZ',
    nouns: ['连帽卫衣', '针织开衫', '高腰阔腿裤', '法式碎花裙', '短款羽绒服', '衬衫', '半身裙', '打底衫'],
    praise: ['春秋新款宽松', '显瘦百搭', '小个子设计感', '加绒加厚', '通勤气质', '复古慵懒风'],
    fen: [5_900, 39_900],
    axes: [
      ['颜色', colours],
      ['尺码', ['S', 'M', 'L', 'XL']],
    ],
  },
  {
    kind: '零食',
    letters: 'LS',
    nouns: ['手撕牛肉干', '每日坚果', '麻辣豆干', '海苔脆', '桂花糕', '蟹黄瓜子仁', '冻干草莓', '鸭脖'],
    praise: ['办公室解馋', '独立小包装', '非油炸', '老字号', '追剧必备', '孕妇可食'],
    fen: [990, 12_900],
    axes: [['规格', ['100g', '250g', '500g 整箱']]],
  },
  {
    kind: '茶叶',
    letters: 'CY',
    nouns: ['凤凰单丛', '正山小种', '安吉白茶', '熟普小沱茶', '茉莉花茶', '大红袍', '碧螺春'],
    praise: ['头采明前', '高山手工', '礼盒装送长辈', '口粮茶', '清香型'],
    fen: [3_900, 59_900],
    axes: [['净含量', ['50g', '125g', '250g']]],
  },
  {
    kind: '家居',
    letters: 'JJ',
    nouns: ['折叠收纳箱', '硅藻泥地垫', '珊瑚绒毛毯', '厨房沥水架', '香薰蜡烛', '全棉四件套', '懒人沙发'],
    praise: ['加厚大号', '日式简约', '租房神器', '可机洗', '免打孔', '母婴级'],
    fen: [1_500, 29_900],
    axes: [['颜色', colours]],
  },
  {
    kind: '数码',
    letters: 'SM',
    nouns: ['氮化镓充电器', '蓝牙耳机', '机械键盘', '磁吸充电宝', '桌面支架', '数据线', '阅读灯'],
    praise: ['快充小巧', '降噪长续航', '学生党', '出差便携', '静音', '全铝机身'],
    fen: [1_990, 45_900],
    axes: [
      ['颜色', ['曜石黑', '云母白']],
      ['型号', ['标准版', '旗舰版']],
    ],
  },
  {
    kind: '文创',
    letters: 'WC',
    nouns: ['手账本', '木质拼图', '书签', '毛毡包', '对联礼包'],
    praise: ['故宫联名', '国风', '手工', '毕业礼物'],
    fen: [800, 9_900],
    axes: [],
  },
]

/** The same seed and shop give the same goods: mostly well stocked, some scarce, some sold out. */
export function goodsOf(seed: number, shop: string, count: number): Product[] {
  const roll = dice(`goods/${seed}/${shop}`)
  return Array.from({ length: count }, (_, nth) => product(roll, pick(roll, kinds), nth))
}

function product(
  roll: () => number,
  { kind, letters, nouns, praise, fen, axes }: Kind,
  nth: number,
): Product {
  const code = `${letters}${String(1001 + nth)}`
  const priceFen = Math.round(fen[0] + roll() * roll() * (fen[1] - fen[0]))
  // A shop offers some of the values of each axis, not all.
  const offered = axes.map(([axis, values]) =>
    values.slice(0, 1 + Math.floor(roll() * values.length)).map((value) => ({ axis, value })),
  )
  const combinations = offered.reduce<Spec[][]>(
    (rows, specs) => rows.flatMap((row) => specs.map((spec) => [...row, spec])),
    [[]],
  )
  const skus = combinations.map((specs, at) => ({ code: `${code}-${at + 1}`, specs, ...stock(roll) }))
  return { code, title: `${pick(roll, praise)}${pick(roll, nouns)}`, kind, priceFen, skus }
}

function stock(roll: () => number): { stock: number; held: number } {
  const luck = roll()
  if (luck < 0.06) return { stock: 0, held: 0 }
  const stock = luck < 0.2 ? 1 + Math.floor(roll() * 9) : 10 + Math.floor(roll() * roll() * 900)
  return { stock, held: Math.floor(roll() * Math.min(4, stock)) }
}
