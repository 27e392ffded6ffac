//! The pages' sentences in German.

use super::{Message, Opening, Texts};

pub(super) const TEXTS: Texts = Texts {
    subject: "Geteilte medizinische Bilder",
    what_you_can_do: "Was Sie tun können",
    valid_from: "Gültig ab",
    valid_until: "Gültig bis",
    date: "{day}. {month} {year}, {hour}:{minute}\u{a0}Uhr",
    first_day: "1",
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    missing_token: Message {
        title: "Dieser Link ist unvollständig",
        what: "Ein Teil des Links fehlt. Das kann vorkommen, wenn ein langer Link kopiert oder in einer \
               Nachricht auf zwei Zeilen umbrochen wird.",
        advice: "Bitte öffnen Sie den Link direkt aus der Nachricht, die Sie erhalten haben. Wenn er \
                 weiterhin nicht funktioniert, bitten Sie die Person oder Klinik, die ihn Ihnen \
                 geschickt hat, um einen neuen Link.",
    },
    invalid: Message {
        title: "Dieser Link funktioniert nicht",
        what: "Wir können diesen Link nicht erkennen. Möglicherweise wurde er auf dem Weg zu Ihnen \
               verändert oder abgeschnitten.",
        advice: "Bitte öffnen Sie den Link noch einmal aus der Nachricht, die Sie erhalten haben. Wenn \
                 er weiterhin nicht funktioniert, bitten Sie die Person oder Klinik, die ihn Ihnen \
                 geschickt hat, um einen neuen Link.",
    },
    not_yet_valid: Message {
        title: "Dieser Link ist noch nicht gültig",
        what: "Die Bilder, zu denen dieser Link führt, stehen erst zu einem späteren Zeitpunkt zur \
               Verfügung.",
        advice: "Bitte bewahren Sie die Nachricht mit dem Link auf und öffnen Sie den Link erneut, \
                 sobald er gültig ist.",
    },
    expired: Message {
        title: "Dieser Link ist abgelaufen",
        what: "Zum Schutz der Privatsphäre funktionieren Links zu medizinischen Bildern nur für eine \
               begrenzte Zeit. Bei diesem Link ist diese Zeit vorbei.",
        advice: "Wenn Sie die Bilder noch benötigen, bitten Sie die Person oder Klinik, die Ihnen den \
                 Link geschickt hat, um einen neuen.",
    },
    revoked: Message {
        title: "Dieser Link wurde zurückgezogen",
        what: "Die Person oder Klinik, die diesen Link verschickt hat, hat ihn zurückgezogen. Er führt \
               nicht mehr zu den Bildern.",
        advice: "Wenn Sie die Bilder noch benötigen, wenden Sie sich bitte an die Person oder Klinik, \
                 die Ihnen den Link geschickt hat.",
    },
    used_up: Message {
        title: "Dieser Link wurde bereits verwendet",
        what: "Dieser Link öffnet die Bilder nur eine begrenzte Anzahl von Malen. Er wurde so oft \
               geöffnet, wie es erlaubt ist.",
        advice: "Wenn Sie die Bilder noch benötigen, bitten Sie die Person oder Klinik, die Ihnen den \
                 Link geschickt hat, um einen neuen. Wenn Sie ihn nicht selbst geöffnet haben, teilen Sie \
                 ihr das bitte mit.",
    },
    locked: Message {
        title: "Dieser Link wurde gesperrt",
        what: "Es wurde zu oft ein falscher Code eingegeben. Zum Schutz der Bilder lässt sich dieser Link \
               nicht mehr öffnen, auch nicht mit dem richtigen Code.",
        advice: "Bitten Sie die Person oder Klinik, die Ihnen den Link geschickt hat, um einen neuen. \
                 Wenn Sie selbst keinen Code eingegeben haben, teilen Sie ihr das bitte mit.",
    },
    viewer_unavailable: Message {
        title: "Die Bilder können zurzeit nicht angezeigt werden",
        what: "Ihr Link ist gültig, aber das Programm, das die Bilder anzeigt, ist im Moment nicht \
               verfügbar.",
        advice: "Bitte öffnen Sie den Link in einigen Minuten erneut. Wenn er weiterhin nicht \
                 funktioniert, wenden Sie sich an die Person oder Klinik, die ihn Ihnen geschickt hat.",
    },
    viewer_timeout: Message {
        title: "Das Öffnen der Bilder dauert zu lange",
        what: "Ihr Link ist gültig, aber das Programm, das die Bilder anzeigt, hat nicht rechtzeitig \
               geantwortet.",
        advice: "Bitte warten Sie einige Minuten und öffnen Sie den Link dann erneut. Wenn er weiterhin \
                 nicht funktioniert, wenden Sie sich an die Person oder Klinik, die ihn Ihnen geschickt \
                 hat.",
    },
    unavailable: Message {
        title: "Der Link kann zurzeit nicht geprüft werden",
        what: "Der Dienst, der diesen Link prüft, ist im Moment nicht verfügbar. Sie haben nichts falsch \
               gemacht.",
        advice: "Bitte versuchen Sie es später noch einmal. Wenn es weiterhin nicht funktioniert, \
                 informieren Sie bitte die Person oder Klinik, die Ihnen den Link geschickt hat.",
    },
    misconfigured: Message {
        title: "Bei uns ist ein Problem aufgetreten",
        what: "Der Link kann wegen eines Fehlers in diesem Dienst nicht geöffnet werden. Sie haben \
               nichts falsch gemacht.",
        advice: "Bitte versuchen Sie es später noch einmal. Wenn das Problem bestehen bleibt, \
                 informieren Sie bitte die Person oder Klinik, die Ihnen den Link geschickt hat.",
    },
    not_found: Message {
        title: "Diese Seite gibt es nicht",
        what: "Unter dieser Adresse gibt es keine Seite. Möglicherweise wurde die Adresse nicht \
               vollständig eingegeben oder kopiert.",
        advice: "Bitte öffnen Sie den Link direkt aus der Nachricht, die Sie erhalten haben.",
    },
    method_not_allowed: Message {
        title: "Die Seite lässt sich so nicht öffnen",
        what: "Die Seite wurde auf eine Weise aufgerufen, die hier nicht möglich ist.",
        advice: "Bitte öffnen Sie den Link in einem Browser, direkt aus der Nachricht, die Sie erhalten \
                 haben.",
    },
    opening: Opening {
        with_code: Message {
            title: "Geben Sie den Code ein, um die Bilder zu sehen",
            what: "Eine Person oder Klinik hat medizinische Bilder mit Ihnen geteilt. Sie sind durch \
                   einen Code geschützt, den Sie getrennt vom Link erhalten, zum Beispiel telefonisch.",
            advice: "Wenn Sie den Code nicht haben, fragen Sie bitte die Person oder Klinik danach, die \
                     Ihnen den Link geschickt hat.",
        },
        without_code: Message {
            title: "Medizinische Bilder wurden mit Ihnen geteilt",
            what: "Eine Person oder Klinik hat Ihnen diesen Link geschickt, damit Sie medizinische Bilder \
                   ansehen können. Die Schaltfläche öffnet sie.",
            advice: "Bitte fahren Sie nur fort, wenn Sie diese Bilder erwartet haben. Wenn Sie nicht \
                     wissen, von wem der Link kommt, schließen Sie diese Seite.",
        },
        counted: "Dieser Link lässt sich nur eine begrenzte Anzahl von Malen öffnen. Bitte fahren Sie \
                  erst fort, wenn Sie die Bilder ansehen möchten.",
        code: "Code",
        open: "Bilder öffnen",
        missing_code: "Bitte geben Sie den Code ein.",
        wrong_code: "Dieser Code ist nicht richtig. Bitte prüfen Sie ihn und geben Sie ihn noch einmal \
                     ein.",
        attempts_left: "Verbleibende Versuche: {left}.",
    },
};
