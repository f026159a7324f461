"""What a setting may be, said in its type; whoever takes settings from outside checks them."""

from typing import Annotated

from annotated_types import Ge, Gt, Interval, Predicate


def _low_first(span: tuple[float, float]) -> bool:
    if span[0] > span[1]:
        raise ValueError("give the lower end first")
    return True


LowFirst = Predicate(_low_first)
Count = Annotated[int, Ge(1)]
Amount = Annotated[float, Ge(0)]
Positive = Annotated[float, Gt(0)]
Share = Annotated[float, Interval(ge=0, le=1)]
Span = Annotated[tuple[float, float], LowFirst]
AmountSpan = Annotated[tuple[Amount, Amount], LowFirst]
Margin = Annotated[float, Interval(ge=0, le=64)]  # px, at most half a strip
MarginSpan = Annotated[tuple[Margin, Margin], LowFirst]
PositiveSpan = Annotated[tuple[Positive, Positive], LowFirst]
CountSpan = Annotated[tuple[Count, Count], LowFirst]
