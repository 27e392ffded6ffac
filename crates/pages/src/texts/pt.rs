//! The pages' sentences in Portuguese, as written in Portugal and plain enough for Brazil.

use super::{Message, Texts};

pub(super) const TEXTS: Texts = Texts {
    subject: "Imagens médicas partilhadas",
    what_you_can_do: "O que pode fazer",
    valid_from: "Válido a partir de",
    valid_until: "Válido até",
    date: "{day} de {month} de {year}, {hour}:{minute}",
    first_day: "1",
    months: [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
    missing_token: Message {
        title: "Este link está incompleto",
        what: "Falta uma parte do link. Isto pode acontecer quando se copia um link longo ou quando uma \
               mensagem o divide em duas linhas.",
        advice: "Abra o link diretamente a partir da mensagem que recebeu. Se continuar a não funcionar, peça \
                 um novo link à pessoa ou ao hospital que o enviou.",
    },
    invalid: Message {
        title: "Este link não funciona",
        what: "Não reconhecemos este link. Pode ter sido alterado ou cortado antes de lhe chegar.",
        advice: "Abra novamente o link a partir da mensagem que recebeu. Se continuar a não funcionar, peça \
                 um novo link à pessoa ou ao hospital que o enviou.",
    },
    not_yet_valid: Message {
        title: "Este link ainda não pode ser utilizado",
        what: "As imagens deste link só estarão disponíveis mais tarde.",
        advice: "Guarde a mensagem com o link e abra-o novamente quando já for válido.",
    },
    expired: Message {
        title: "Este link expirou",
        what: "Para proteger a privacidade, os links para imagens médicas só funcionam durante um período \
               limitado. No caso deste link, esse período terminou.",
        advice: "Se ainda precisar das imagens, peça um novo link à pessoa ou ao hospital que o enviou.",
    },
    revoked: Message {
        title: "Este link foi retirado",
        what: "A pessoa ou o hospital que enviou este link retirou-o. O link já não dá acesso às imagens.",
        advice: "Se ainda precisar das imagens, contacte a pessoa ou o hospital que lhe enviou o link.",
    },
    viewer_unavailable: Message {
        title: "De momento, não é possível mostrar as imagens",
        what: "O seu link é válido, mas o programa que mostra as imagens não está disponível neste momento.",
        advice: "Abra novamente o link dentro de alguns minutos. Se continuar a não funcionar, contacte a \
                 pessoa ou o hospital que o enviou.",
    },
    viewer_timeout: Message {
        title: "As imagens estão a demorar demasiado a abrir",
        what: "O seu link é válido, mas o programa que mostra as imagens não respondeu a tempo.",
        advice: "Aguarde alguns minutos e abra novamente o link. Se continuar a não funcionar, contacte a \
                 pessoa ou o hospital que o enviou.",
    },
    misconfigured: Message {
        title: "Há um problema do nosso lado",
        what: "Não é possível abrir o link devido a um erro deste serviço. Não fez nada de errado.",
        advice: "Tente novamente mais tarde. Se o problema persistir, informe a pessoa ou o hospital que lhe \
                 enviou o link.",
    },
    not_found: Message {
        title: "Esta página não existe",
        what: "Não existe nenhuma página neste endereço. O endereço pode não ter sido escrito ou copiado por \
               completo.",
        advice: "Abra o link diretamente a partir da mensagem que recebeu.",
    },
    method_not_allowed: Message {
        title: "A página não pode ser aberta desta forma",
        what: "A página foi pedida de uma forma que aqui não é possível.",
        advice: "Abra o link num navegador, diretamente a partir da mensagem que recebeu.",
    },
};
