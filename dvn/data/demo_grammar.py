"""The grammar of the made-up support messages: each name stands for several phrases that may name others.

The shop, its customers and their troubles are invented; no sentence is anyone's. Messages of one class touch
the words of others, as real ones do: who asks for money back often says that a parcel was late.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CLASSES: Final[Mapping[str, int]] = MappingProxyType(
    {"delivery": 31, "refund": 21, "damaged item": 16, "account": 14, "billing": 11, "praise": 7}
)
"""The classes, and how many of a hundred messages each has."""

SHARED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "greeting": ("Hi", "Hello", "Hello there", "Good morning", "Hey", "Dear support", "Hi team"),
        "thing": (
            "kettle", "reading lamp", "bike light", "rain jacket", "pair of boots", "cast-iron pan", "tent",
            "wool blanket", "desk chair", "coffee grinder", "backpack", "phone case", "board game", "toaster",
            "set of bowls", "garden hose", "yoga mat", "alarm clock", "pillow", "bookshelf", "water bottle",
        ),
        "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "the weekend"),
        "ago": ("yesterday", "last week", "ten days ago", "on {day}", "two weeks ago", "a month ago"),
        "number": ("#{digit}{digit}{digit}{digit}{digit}", "{digit}{digit}{digit}-{digit}{digit}{digit}"),
        "digit": ("1", "2", "3", "4", "5", "6", "7", "8", "9"),
        "money": ("{digit}{digit} euros", "£{digit}{digit}.{digit}0", "${digit}{digit}.99"),
        "order": ("order {number}", "my order", "the order I placed {ago}", "what I ordered {ago}"),
        "who": ("your courier", "the driver", "the parcel service", "the delivery company"),
        "feeling": (
            "This is really annoying", "I am a bit disappointed", "Not great", "I expected better",
            "I have been a customer for {digit} years", "I am running out of patience", "It's urgent",
            "No rush, but I would like to know", "I don't understand it", "Third time I write about this",
        ),
        "closing": (
            "Thanks", "Thank you in advance", "Kind regards", "Please help", "Can you look into it?",
            "Waiting for your answer", "Please answer by {day}", "Best wishes", "Let me know",
        ),
    }
)  # fmt: skip

MESSAGES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "delivery": (
            "where is my {thing}? {order} should have come {ago}",
            "the tracking page has said '{tracking}' since {ago}",
            "{who} left the parcel {place} and it is gone now",
            "it says delivered, but nothing arrived here. I asked the neighbours too",
            "I need the {thing} before {day}, can you still send it {speed}?",
            "{order} went to my old address, although I changed it before I paid",
            "only one of two parcels came, the {thing} is missing",
            "can I pick up {order} myself instead of waiting for {who}?",
            "I waited all {day} and {who} never rang the bell",
            "do you ship to {country}? I could not find it on your page",
            "when will the {thing} be sent? It has been 'in preparation' since {ago}",
            "please send {order} to the office, nobody is at home on {day}",
            "how much longer? You promised {speed} and that was {ago}",
        ),
        "refund": (
            "I sent the {thing} back {ago} and still do not have my money",
            "please give me my {money} back, I cancelled {order} {ago}",
            "how do I return the {thing}? It is {reason}",
            "you refunded {money} but I paid more than that for {order}",
            "I would like to cancel {order} and get the money back",
            "the {thing} came too late for the birthday, so I want to return it",
            "where do I find the return label for {order}?",
            "how long does a refund take? The parcel reached you {ago}",
            "I was promised a voucher instead, but I want {money} on my card",
            "can I swap the {thing} for another size or do I have to send it back?",
            "changed my mind about the {thing}, unopened, what are the next steps to return it",
        ),
        "damaged item": (
            "the {thing} arrived with {fault}",
            "{fault} on the {thing} right out of the box, I can send photos",
            "my {thing} stopped working {ago}, only {digit} weeks after I got it",
            "the box was crushed and the {thing} inside has {fault}",
            "you sent the wrong {thing}: wrong colour and {fault}",
            "a part is missing, so the {thing} cannot be put together",
            "the {thing} makes a strange noise and smells of burning",
            "is {fault} covered by the guarantee? The {thing} is only {digit} months old",
            "can you replace the {thing}? {who} must have dropped it, it has {fault}",
            "second {thing} in a row that is broken: {fault} again",
        ),
        "account": (
            "I cannot log in, it says '{login}'",
            "the reset link for my password {link}",
            "how do I change the {field} in my profile?",
            "somebody else seems to use my account, I see an order that is not mine",
            "please delete my account and everything you know about me",
            "I have two accounts by mistake, can you merge them? My orders are in both",
            "the app logs me out every time I open the basket",
            "the code for signing in {link}, I tried {digit} times",
            "I no longer have the old {field} and the page insists on it",
            "stop sending me newsletters, I switched them off in the settings {ago}",
        ),
        "billing": (
            "I was charged {money} twice for {order}",
            "there is no invoice for {order}, my company needs one",
            "the discount code {code} was accepted but not taken off the bill",
            "what is the {money} on my card statement for?",
            "the invoice has the wrong {field}, please correct it",
            "my card was declined, yet {money} left the account",
            "can I pay {order} in instalments or by bank transfer?",
            "why is there a fee of {money} on top of the price?",
            "the total on the bill is not what the basket said for the {thing}",
        ),
        "praise": (
            "just wanted to say that the {thing} is {good}",
            "{who} was {good}, please pass it on",
            "ordered {ago}, here two days later. {good}!",
            "your colleague on the phone sorted out my refund in a minute, {good}",
            "the {thing} broke and you replaced it the next day. {good} service",
            "best shop for a {thing} I know, everything was {good}",
            "five stars. The {thing} is even better than in the pictures",
        ),
    }
)

PHRASES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "tracking": ("on its way", "handed over", "at the depot", "delayed", "out for delivery"),
        "place": ("in front of the house", "in the rain", "with a neighbour I don't know", "by the bins"),
        "speed": ("by express", "in two days", "overnight", "this week"),
        "country": ("Norway", "Ireland", "Malta", "Switzerland", "the islands", "Portugal"),
        "reason": ("too small", "not what I expected", "the wrong colour", "a gift I had already"),
        "fault": (
            "a crack", "a deep scratch", "a torn seam", "a loose screw", "a dead battery", "a bent handle",
            "a broken zip", "water inside", "a missing lid", "a stain that won't come off",
        ),
        "login": ("wrong password", "account locked", "unknown user", "too many attempts", "session expired"),
        "link": ("never arrives", "has expired", "leads to an empty page", "goes to my old email"),
        "field": ("email address", "phone number", "name", "delivery address", "VAT number"),
        "code": ("SPRING{digit}0", "WELCOME", "TENOFF", "FRIEND{digit}"),
        "good": ("fantastic", "so helpful", "lovely", "super quick", "perfect", "very kind", "brilliant"),
    }
)  # fmt: skip

VAGUE: Final = (
    "any news about {order}?", "please call me about {order}", "can somebody help me with {order}?",
    "as I said on the phone, it is about the {thing}", "still nothing. {feeling}",
    "see my message from {day}, nobody answered", "I need to talk to a person about the {thing}",
)  # fmt: skip
"""What any class may say: nobody could tell which, and a good classifier is not sure either."""

BETWEEN: Final[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
    {
        ("delivery", "refund"): (
            "{order} is late, and if it is not here by {day} I want my money back",
            "the {thing} never came. Send it again or give me back my {money}",
            "{who} took {order} back to the depot, what happens now with the {money} I paid?",
        ),
        ("delivery", "damaged item"): (
            "{who} left the parcel {place} and now the {thing} is wet",
            "{who} threw the box over the fence, I have not dared to open it",
            "one parcel of {order} is missing and the other one has {fault}",
        ),
        ("damaged item", "refund"): (
            "the {thing} has {fault}, I want to send it back",
            "the {thing} is broken, do I get another one or my {money}?",
            "I returned the {thing} because of {fault} {ago}, what now?",
        ),
        ("refund", "billing"): (
            "I cancelled {order} {ago} and the {money} are still on my card statement",
            "the invoice for {order} still lists the {thing} that I sent back",
            "you took {money} although I cancelled in time, please correct it",
        ),
        ("billing", "account"): (
            "I cannot change the card in my profile that you charge",
            "the invoices are gone from my account, there is nothing before {day}",
            "since I changed my {field} the bill goes to somebody else",
        ),
        ("account", "delivery"): (
            "my profile still has the old address and {order} is going there",
            "I do not see {order} in my account, is it coming at all?",
        ),
        ("praise", "delivery"): (
            "{order} is here now after all, {good}",
            "{who} found our house even in the snow, {good}",
        ),
    }
)
"""What is about two classes at once: whoever sorts the inbox puts it in the one or in the other."""

ELSEWHERE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "delivery": (
            "Wo bleibt mein Paket? Die Bestellung {number} sollte {digit} Tage brauchen",
            "¿Dónde está mi pedido {number}? Lleva {digit} días de retraso",
            "Mon colis {number} n'est toujours pas arrivé",
        ),
        "refund": (
            "Ich möchte die Bestellung {number} zurückgeben und mein Geld zurück",
            "Quiero devolver el producto y recuperar mi dinero, pedido {number}",
        ),
        "damaged item": (
            "Das Gerät kam mit einem Kratzer an, Bestellung {number}",
            "El paquete {number} llegó roto, faltan piezas",
        ),
        "account": ("Ich kann mich nicht anmelden, {digit} Versuche und das Passwort ist gesperrt",),
        "billing": ("Me han cobrado dos veces el pedido {number}",),
        "praise": ("Super schnell geliefert, vielen Dank! {digit} Sterne",),
    }
)
"""A few messages are in other languages, as in any inbox."""
