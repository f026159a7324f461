class_name Palette
extends RefCounted
## The game's colours. What means something takes the colours of Okabe and Ito, which people with
## any colour vision tell apart, and always comes with a shape of its own.

const RIGHT := Color("009e73")
const AGAIN := Color("e69f00")
const UNSURE := Color("0072b2")
const STAR := Color("f0e442")
const INK := Color("1b3a5c")
const PAPER := Color("fffdf6")
const FAINT := Color("d9e4ec")
const SKY_TOP := Color("63c3f2")
const SKY_LOW := Color("d8f3ff")
const HILL_FAR := Color("9bd8a4")
const HILL_NEAR := Color("5fbf7f")
const PLUM := Color("6c5ce7")
const APPLE := Color("d8392b")
