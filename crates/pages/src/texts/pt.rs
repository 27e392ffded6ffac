//! The pages' sentences in Portuguese, as written in Portugal and plain enough for Brazil.

use super::{Message, Opening, Texts};

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
    used_up: Message {
        title: "Este link já foi utilizado",
        what: "Este link só abre as imagens um número limitado de vezes. Já foi aberto todas as vezes \
               permitidas.",
        advice: "Se ainda precisar das imagens, peça um novo link à pessoa ou ao hospital que o enviou. \
                 Se não abriu o link, avise a pessoa ou o hospital.",
    },
    locked: Message {
        title: "Este link foi bloqueado",
        what: "Foi introduzido um código errado demasiadas vezes. Para proteger as imagens, este link já \
               não abre, nem com o código certo.",
        advice: "Peça um novo link à pessoa ou ao hospital que o enviou. Se não introduziu nenhum código, \
                 avise a pessoa ou o hospital.",
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
    unavailable: Message {
        title: "De momento, não é possível verificar o link",
        what: "O serviço que verifica este link não está disponível neste momento. Não fez nada de \
               errado.",
        advice: "Tente novamente mais tarde. Se continuar a não funcionar, informe a pessoa ou o hospital \
                 que lhe enviou o link.",
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
    opening: Opening {
        with_code: Message {
            title: "Introduza o código para ver as imagens",
            what: "Uma pessoa ou um hospital partilhou imagens médicas consigo. Estão protegidas por um \
                   código, que recebe separadamente do link, por exemplo por telefone.",
            advice: "Se não tiver o código, peça-o à pessoa ou ao hospital que lhe enviou o link.",
        },
        without_code: Message {
            title: "Foram partilhadas imagens médicas consigo",
            what: "Uma pessoa ou um hospital enviou-lhe este link para que possa ver imagens médicas. O \
                   botão abre-as.",
            advice: "Continue apenas se estava à espera destas imagens. Se não sabe quem lhe enviou o \
                     link, feche esta página.",
        },
        counted: "Este link só abre um número limitado de vezes. Continue quando quiser ver as imagens.",
        code: "Código",
        open: "Abrir as imagens",
        missing_code: "Introduza o código.",
        wrong_code: "Este código não está certo. Verifique-o e introduza-o novamente.",
        attempts_left: "Tentativas restantes: {left}.",
    },
};
