"""What servers and mail programs call their folders, in thirty languages: data, for servers that tell no special use.

Written from knowledge of these programs, not read from them; a name that is missing costs little, one too many may: what
is taken for junk or trash is not read. So only names stand here that a program gives, not all that a word could mean.
"""

import unicodedata

from mailcrm.model.folder import FolderRole

_ROLES = (FolderRole.SENT, FolderRole.DRAFTS, FolderRole.TRASH, FolderRole.JUNK, FolderRole.ARCHIVE, FolderRole.ALL)

# Sent, drafts, trash, junk, archive, and Gmail's "All Mail"; within a cell the likelier name comes first.
LANGUAGES: dict[str, tuple[str, str, str, str, str, str]] = {
    "en": (
        "Sent|Sent Messages|Sent Items|Sent Mail",
        "Drafts|Draft",
        "Trash|Deleted Messages|Deleted Items|Deleted|Bin",
        "Junk|Spam|Junk Mail|Junk Email|Junk E-mail|Bulk Mail",
        "Archive|Archives",
        "All Mail",
    ),
    "zh-CN": (  # QQ, NetEase, Sina, 139, Foxmail, Coremail, Outlook, Gmail
        "已发送|已发送邮件|已发邮件|已发送信件|发件箱",
        "草稿箱|草稿夹|草稿",
        "已删除|已删除邮件|已删除信件|已删除的邮件|废件箱|废纸篓|垃圾桶",
        "垃圾邮件|垃圾箱|垃圾信件|垃圾邮件箱",
        "归档|存档|归档邮件",
        "所有邮件",
    ),
    "zh-TW": (
        "寄件備份|已傳送|已寄出|已傳送的郵件|寄件匣",
        "草稿匣|草稿",
        "垃圾桶|刪除的郵件|已刪除的郵件|已刪除",
        "垃圾郵件|垃圾信件匣",
        "封存",
        "所有郵件|全部郵件",
    ),
    "ja": (
        "送信済み|送信済みトレイ|送信済みメール|送信済みアイテム",
        "下書き",
        "ゴミ箱|ごみ箱|削除済みアイテム|削除済み",
        "迷惑メール|迷惑メールフォルダ",
        "アーカイブ",
        "すべてのメール",
    ),
    "ko": (
        "보낸편지함|보낸 편지함|보낸메일함|보낸 메일함",
        "임시보관함|임시 보관함",
        "휴지통|지운 편지함|지운 항목",
        "스팸|스팸함|스팸편지함|스팸메일함|정크 메일",
        "보관|보관함|보관 편지함",
        "전체보관함",
    ),
    "de": (
        "Gesendet|Gesendete Elemente|Gesendete Objekte|Gesendete Nachrichten",
        "Entwürfe",
        "Papierkorb|Gelöscht|Gelöschte Elemente|Gelöschte Objekte",
        "Spamverdacht|Unerwünscht|Junk-E-Mail|Werbung und Spam",
        "Archiv|Archivierte Nachrichten",
        "Alle Nachrichten",
    ),
    "fr": (
        "Envoyés|Messages envoyés|Éléments envoyés|Courrier envoyé",
        "Brouillons|Brouillon",
        "Corbeille|Éléments supprimés|Messages supprimés",
        "Indésirables|Courrier indésirable|Pourriel",
        "Archivés|Archives",
        "Tous les messages",
    ),
    "es": (
        "Enviados|Elementos enviados|Mensajes enviados|Correo enviado",
        "Borradores",
        "Papelera|Elementos eliminados|Eliminados",
        "Correo no deseado|No deseado|Correo basura",
        "Archivo|Archivados",
        "Todos",
    ),
    "it": (
        "Inviati|Inviata|Posta inviata|Messaggi inviati",
        "Bozze",
        "Cestino|Posta eliminata|Eliminati",
        "Posta indesiderata|Indesiderata",
        "Archivio",
        "Tutti i messaggi",
    ),
    "pt-BR": (
        "Enviados|Itens enviados|E-mails enviados|Mensagens enviadas|Enviadas",
        "Rascunhos",
        "Lixeira|Itens excluídos|Excluídos",
        "Lixo eletrônico",
        "Arquivo|Arquivo Morto|Arquivados",
        "Todos os e-mails",
    ),
    "pt-PT": (
        "Correio enviado|Itens enviados",
        "Rascunhos",
        "Lixo|Itens eliminados|Reciclagem",
        "Lixo eletrónico|E-mail de lixo|Correio não solicitado",
        "Arquivo",
        "Todo o correio",
    ),
    "nl": (
        "Verzonden|Verzonden items|Verzonden berichten",
        "Concepten",
        "Prullenbak|Verwijderde items|Verwijderd",
        "Ongewenste e-mail|Ongewenst",
        "Archief",
        "Alle berichten",
    ),
    "sv": (
        "Skickat|Skickade|Skickade mejl|Skickade meddelanden",
        "Utkast",
        "Papperskorg|Papperskorgen|Borttaget|Borttagna meddelanden",
        "Skräppost",
        "Arkiv",
        "Alla mejl|Alla e-postmeddelanden",
    ),
    "da": (
        "Sendt|Sendt post|Sendte mails|Sendte elementer",
        "Kladder",
        "Papirkurv|Slettet post|Slettede elementer",
        "Uønsket mail|Uønsket post|Uønsket e-mail",
        "Arkiv",
        "Alle mails|Alle e-mails",
    ),
    "nb": (
        "Sendt|Sendt e-post|Sendte elementer",
        "Utkast|Kladd",
        "Papirkurv|Slettede elementer|Søppelkurv",
        "Søppelpost|Useriøs e-post",
        "Arkiv",
        "All e-post",
    ),
    "fi": (
        "Lähetetyt|Lähetetyt viestit",
        "Luonnokset",
        "Roskakori|Poistetut|Poistetut viestit",
        "Roskaposti",
        "Arkisto",
        "Kaikki viestit",
    ),
    "pl": (
        "Wysłane|Elementy wysłane",
        "Szkice|Kopie robocze|Wersje robocze",
        "Kosz|Elementy usunięte",
        "Wiadomości-śmieci|Niechciane|Oferty i spam",
        "Archiwum",
        "Wszystkie",
    ),
    "cs": (
        "Odeslané|Odeslaná pošta",
        "Koncepty|Rozepsané",
        "Koš|Odstraněná pošta",
        "Nevyžádaná pošta|Nevyžádané",
        "Archiv",
        "Všechny zprávy",
    ),
    "sk": (
        "Odoslané|Odoslaná pošta",
        "Koncepty|Rozpísané",
        "Kôš|Odstránené položky|Odstránená pošta",
        "Nevyžiadaná pošta|Nevyžiadané",
        "Archív",
        "Všetky správy",
    ),
    "hu": (
        "Elküldött|Elküldött elemek|Elküldött levelek|Elküldött üzenetek",
        "Piszkozatok",
        "Kuka|Törölt elemek|Lomtár",
        "Levélszemét",
        "Archívum",
        "Összes levél",
    ),
    "ro": (
        "Trimise|Mesaje trimise|Elemente trimise",
        "Ciorne|Schițe",
        "Coș de gunoi|Elemente șterse|Gunoi",
        "E-mail nedorit|Mesaje nedorite",
        "Arhivă|Arhiva",
        "Toate mesajele",
    ),
    "ru": (
        "Отправленные|Отправленная почта",
        "Черновики",
        "Корзина|Удаленные|Удалённые",
        "Спам|Нежелательная почта",
        "Архив",
        "Вся почта",
    ),
    "uk": (
        "Надіслані|Відправлені",
        "Чернетки",
        "Кошик|Видалені",
        "Небажана пошта|Спам",
        "Архів",
        "Уся пошта|Вся пошта",
    ),
    "tr": (
        "Gönderilenler|Gönderilmiş Öğeler|Gönderilmiş Postalar|Gönderilen",
        "Taslaklar",
        "Çöp Kutusu|Silinmiş Öğeler|Silinenler|Çöp",
        "Gereksiz|Gereksiz E-posta|İstenmeyen",
        "Arşiv",
        "Tüm Postalar",
    ),
    "el": (
        "Απεσταλμένα",
        "Πρόχειρα",
        "Κάδος απορριμμάτων|Κάδος|Διαγραμμένα",
        "Ανεπιθύμητα|Ανεπιθύμητη αλληλογραφία",
        "Αρχειοθήκη|Αρχείο",
        "Όλα τα μηνύματα",
    ),
    "ar": (
        "المرسل|البريد المرسل|بريد مرسل|العناصر المرسلة|الرسائل المرسلة",
        "المسودات|مسودات",
        "المهملات|سلة المهملات|العناصر المحذوفة",
        "البريد المزعج|بريد مزعج|البريد غير الهام|غير مرغوب فيه",
        "أرشيف|الأرشيف",
        "كل البريد",
    ),
    "he": (
        "נשלח|דואר שנשלח|פריטים שנשלחו",
        "טיוטות",
        "אשפה|פריטים שנמחקו",
        "דואר זבל|זבל|ספאם",
        "ארכיון",
        "כל הדואר",
    ),
    "vi": (
        "Đã gửi|Thư đã gửi|Mục đã Gửi",
        "Thư nháp|Bản nháp|Nháp",
        "Thùng rác|Mục đã Xóa|Thư đã xóa",
        "Thư rác|Email Rác",
        "Lưu trữ",
        "Tất cả thư",
    ),
    "th": (
        "ส่งแล้ว|จดหมายที่ส่งแล้ว|รายการที่ส่ง",
        "ร่างจดหมาย|แบบร่าง|ร่าง",
        "ถังขยะ|รายการที่ถูกลบ",
        "จดหมายขยะ|อีเมลขยะ|สแปม",
        "ที่เก็บถาวร",
        "จดหมายทั้งหมด",
    ),
    "id": (
        "Terkirim|Surat Terkirim|Item Terkirim|Pesan Terkirim",
        "Draf|Konsep",
        "Sampah|Tong Sampah|Item Terhapus",
        "Email Sampah|Surat Sampah",
        "Arsip",
        "Semua Email|Semua Surat",
    ),
}

_ALWAYS_JUNK = ("病毒文件夹", "病毒邮件", "Virus Items")


def plain(part: str) -> str:
    """For comparing: one width, one case, single spaces ("Sent_Items" and "SENT ITEMS" are "sent items")."""
    # A Turkish capital I with its dot falls apart into two characters.
    folded = unicodedata.normalize("NFKC", part).casefold().replace("\u0307", "")
    return " ".join(folded.replace("_", " ").replace("-", " ").split())


ALWAYS_JUNK = frozenset(map(plain, _ALWAYS_JUNK))
"""Folders of these names hold junk even beside the one that is flagged: Coremail's folders for viruses (NetEase)."""


def _by_name() -> dict[str, tuple[FolderRole, int]]:
    found = dict.fromkeys(ALWAYS_JUNK, (FolderRole.JUNK, 0))
    rank = 0
    for cells in LANGUAGES.values():
        for role, cell in zip(_ROLES, cells, strict=True):
            for name in cell.split("|"):
                rank += 1
                found.setdefault(plain(name), (role, rank))
    return found


BY_NAME = _by_name()
"""Role by the `plain` name, and how unlikely it is among the names of that role."""
