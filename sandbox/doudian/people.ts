import { dice, pick, uuidOf } from '#sandbox/random.ts'
import type { Buyer } from './order.ts'

const families = [...'王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧']
const givens = [
  ...['伟', '芳', '娜', '敏', '静', '丽', '强', '磊', '军', '洋', '勇', '艳', '杰', '娟', '涛', '超'],
  ...['子涵', '雨桐', '浩然', '欣怡', '梓萱', '宇轩', '诗琪', '思远', '佳怡', '俊杰', '晓彤', '文博'],
]
const places: [province: string, city: string, towns: string[]][] = [
  ['广东省', '广州市', ['天河区', '海珠区', '番禺区']],
  ['广东省', '深圳市', ['南山区', '宝安区', '龙岗区']],
  ['浙江省', '杭州市', ['西湖区', '余杭区', '滨江区']],
  ['江苏省', '苏州市', ['姑苏区', '吴中区', '昆山市']],
  ['四川省', '成都市', ['武侯区', '锦江区', '双流区']],
  ['河南省', '郑州市', ['金水区', '中原区', '二七区']],
  ['山东省', '青岛市', ['市南区', '崂山区', '黄岛区']],
  ['湖北省', '武汉市', ['洪山区', '江汉区', '武昌区']],
  ['陕西省', '西安市', ['雁塔区', '碑林区', '未央区']],
  ['湖南省', '长沙市', ['岳麓区', '芙蓉区', '雨花区']],
  ['福建省', '厦门市', ['思明区', '湖里区', '集美区']],
  ['辽宁省', '沈阳市', ['沈河区', '和平区', '铁西区']],
]
const streets = ['人民路街道', '解放路街道', '建设路街道', '文化路街道', '新华街道', '滨河街道', '学府街道']
const estates = ['阳光花园', '翠湖家园', '锦绣江南', '金色年华', '书香名邸', '和平里小区', '东方苑', '桂花城']

/** A made-up person: the same for the same name, and nobody in particular. */
export function buyerOf(name: string): Buyer {
  const roll = dice(`buyer/${name}`)
  const [province, city, towns] = pick(roll, places)
  const number = (from: number, to: number) => from + Math.floor(roll() * (to - from + 1))
  return {
    openId: `1@#${uuidOf(`buyer/${name}`).replaceAll('-', '')}`,
    name: pick(roll, families) + pick(roll, givens),
    phone: `1${pick(roll, ['38', '39', '51', '58', '76', '87', '99'])}${String(number(0, 99_999_999)).padStart(8, '0')}`,
    province,
    city,
    town: pick(roll, towns),
    street: pick(roll, streets),
    detail: `${pick(roll, estates)}${number(1, 28)}号楼${number(1, 4)}单元${number(1, 26)}0${number(1, 4)}室`,
  }
}

export const maskedName = (name: string): string =>
  name.slice(0, 1) + '*'.repeat(Math.max(1, name.length - 1))
export const maskedPhone = (phone: string): string => `${phone.slice(0, 3)}****${phone.slice(-4)}`
