"""Given names of one person in long and short forms, and initials."""

from types import MappingProxyType
from typing import Final

# Each line is one family of forms; a form may stand in several.
_FAMILIES: Final = """
alexander alex alec sandy xander
alexandra alex sandra sandy lexi
albert al bert bertie
andrew andy drew
angela angie
anthony tony
amy ami aimee
ann anne annie anna nan nancy hannah
arthur art artie
barbara barb barbara babs
benjamin ben benny benji
catherine katherine kathryn catharine cathy kathy kate katie kitty kay kat
charles charlie chas chuck carl
christine christina christina chris tina chrissie kristin kristen
christopher chris kit kristopher topher
daniel dan danny
david dave davy
deborah debbie deb debra
donald don donnie
dorothy dot dolly dottie
edmund ed eddie ned ted
edward ed eddie ned ted teddy
eleanor ellen nell nellie nora lenora
elizabeth eliza betty beth bess bessie lizzie liz libby elsie lisa betsy
emily em emma
eugene gene
florence flo flora florrie
frances fanny fran francie frankie
francis frank frankie
frederick fred freddie freddy
george geo georgie
gerald gerry jerry
geoffrey jeffrey geoff jeff
gregory greg
harold harry hal
henry harry hal hank
herbert bert herb
hugh hughie hew
isabella isabel bella belle isobel
jacob jake
jacqueline jackie
james jim jimmy jamie jas
jane jenny janet jean
jennifer jen jenny
jessica jess jessie
john jack johnny jon jno
jonathan jon jonny
joseph joe joey jos
joshua josh
judith judy
julia julie jill
kenneth ken kenny
lawrence laurence larry laurie
leonard len lenny leo
lewis louis lou louie
margaret maggie meg peggy madge rita greta daisy margery
martha patty mattie
martin marty
mary molly polly mamie may marie maria
matilda tilly maud mattie
matthew matt mat
michael mike mick mickey
minnie wilhelmina mina
nathaniel nathan nat nate
nicholas nick nicky nicolas
oliver ollie
pamela pam
patricia pat patty trish tricia
patrick pat paddy
peter pete
philip phillip phil
rachel rachael
raymond ray
rebecca becky
richard dick rick ricky rich richie
robert rob bob bobby robbie bert robin
ronald ron ronnie
samuel sam sammy
sarah sara sally sadie
stephen steven steve stevie
susan sue susie suzanne susannah
terence terry
theodore ted teddy theo
theresa teresa terry tess
thomas tom tommy thos
timothy tim
valerie val
victoria vicky
vincent vince vin
walter walt wat
william will bill billy willie willy wm
winifred win winnie freda
"""


def _families() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, family in enumerate(_FAMILIES.strip().splitlines()):
        for form in family.split():
            found.setdefault(form, set()).add(number)
    return {form: frozenset(numbers) for form, numbers in found.items()}


_FORMS: Final = MappingProxyType(_families())


def are_variants(one: str, other: str) -> bool:
    """Whether two normal given names are forms of one, or one is the other's initial or beginning.

    Only the first words are compared.
    """
    left, right = one.partition(" ")[0], other.partition(" ")[0]
    if left == right or _FORMS.get(left, frozenset()) & _FORMS.get(right, frozenset()):
        return True
    short, long = sorted((left, right), key=len)
    return short.isascii() and bool(short) and long.startswith(short) and (len(short) == 1 or len(short) >= 3)
