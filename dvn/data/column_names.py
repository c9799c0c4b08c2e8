"""Names that columns of texts, labels and parts usually have, the likeliest first."""

import re
from collections.abc import Mapping
from typing import Final


def plain(name: str) -> str:
    """A column's name in lower case, words joined by single underscores."""
    return re.sub(r"[\s_\-.]+", "_", name.strip().casefold()).strip("_")


def _ranked(*groups: str) -> Mapping[str, float]:
    """Each name with its weight in (0, 1]; names of a later group weigh less."""
    return {name: 1 - 0.15 * rank for rank, group in enumerate(groups) for name in group.split()}


TEXT_NAMES: Final = _ranked(
    "text texts",
    "sentence sentences review review_text reviewtext tweet tweets tweet_text message messages "
    "utterance content comment comments comment_text document post body full_text clean_text "
    "cleaned_text raw_text text_content input_text",
    "question query title headline description abstract summary phrase statement input instruction sms "
    "email narrative article story transcript string data feedback news",
    "texte texto testo tekst satz kommentar comentario commentaire avis titre titel titulo frase "
    "phrase_text mensaje nachricht beschreibung "
    "文本 内容 评论 标题 текст отзыв сообщение テキスト 文 본문 내용 نص पाठ",
    "v2 x sentence1 text1 question1 name",
)
LABEL_NAMES: Final = _ranked(
    "label labels",
    "class category target sentiment intent topic emotion class_label label_name label_text "
    "category_name class_name airline_sentiment",
    "classes categories polarity stance tag genre gold gold_label toxicity opinion relevance type kind "
    "y output annotation decision answer department section subject language lang spam",
    "rating stars score grade level choose_one is_spam is_toxic hate hate_speech offensive result",
    "klasse kategorie etikett etiqueta categoria clase sentimiento sentimento etiquette etichetta "
    "classe catégorie étiquette sentimento thema thème tema 标签 类别 分类 情感 метка класс категория "
    "тональность ラベル カテゴリ 라벨 레이블 분류 تصنيف वर्ग",
    "v1 group code",
)
SPLIT_NAMES: Final = _ranked("split", "partition subset set part fold data_split dataset_split split_name")
