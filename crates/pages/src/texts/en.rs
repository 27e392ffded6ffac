//! The pages' sentences in English.

use super::{Message, Opening, Texts};

pub(super) const TEXTS: Texts = Texts {
    subject: "Shared medical images",
    what_you_can_do: "What you can do",
    valid_from: "Valid from",
    valid_until: "Valid until",
    date: "{day} {month} {year}, {hour}:{minute}",
    first_day: "1",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    missing_token: Message {
        title: "This link is not complete",
        what: "Part of the link is missing. This can happen when a long link is copied, or when a \
               message breaks it over two lines.",
        advice: "Please open the link directly from the message that you received. If it still does \
                 not work, ask the person or hospital who sent it to you for a new link.",
    },
    invalid: Message {
        title: "This link does not work",
        what: "We do not recognise this link. It may have been changed or cut short on its way to you.",
        advice: "Please open the link once more from the message that you received. If it still does \
                 not work, ask the person or hospital who sent it to you for a new link.",
    },
    not_yet_valid: Message {
        title: "This link cannot be used yet",
        what: "The images behind this link will be available at a later time.",
        advice: "Please keep the message with the link, and open the link again once it has become valid.",
    },
    expired: Message {
        title: "This link has expired",
        what: "To protect privacy, links to medical images work for a limited time only. For this \
               link, that time is over.",
        advice: "If you still need the images, please ask the person or hospital who sent you the \
                 link for a new one.",
    },
    revoked: Message {
        title: "This link has been withdrawn",
        what: "The person or hospital who sent this link has withdrawn it. It no longer opens the images.",
        advice: "If you still need the images, please contact the person or hospital who sent you the link.",
    },
    used_up: Message {
        title: "This link has already been used",
        what: "This link opens the images a limited number of times only. It has been opened as often as \
               it may be.",
        advice: "If you still need the images, please ask the person or hospital who sent you the link \
                 for a new one. If you have not opened it yourself, let them know.",
    },
    locked: Message {
        title: "This link has been locked",
        what: "A wrong code was entered too often. To protect the images, this link no longer opens, not \
               even with the right code.",
        advice: "Please ask the person or hospital who sent you the link for a new one. If you have not \
                 entered any code yourself, let them know.",
    },
    viewer_unavailable: Message {
        title: "The images cannot be shown at the moment",
        what: "Your link is valid, but the program that shows the images is not available right now.",
        advice: "Please open the link again in a few minutes. If it still does not work, contact the \
                 person or hospital who sent it to you.",
    },
    viewer_timeout: Message {
        title: "The images are taking too long to open",
        what: "Your link is valid, but the program that shows the images did not answer in time.",
        advice: "Please wait a few minutes, then open the link again. If it still does not work, \
                 contact the person or hospital who sent it to you.",
    },
    unavailable: Message {
        title: "The link cannot be checked at the moment",
        what: "The service that checks this link is not available right now. You have done nothing wrong.",
        advice: "Please try again later. If it still does not work, let the person or hospital who sent \
                 you the link know.",
    },
    misconfigured: Message {
        title: "There is a problem on our side",
        what: "The link cannot be opened because of an error in this service. You have done nothing wrong.",
        advice: "Please try again later. If the problem remains, let the person or hospital who sent \
                 you the link know.",
    },
    not_found: Message {
        title: "This page does not exist",
        what: "There is no page at this address. The address may not have been typed or copied in full.",
        advice: "Please open the link directly from the message that you received.",
    },
    method_not_allowed: Message {
        title: "The page cannot be opened in this way",
        what: "The page was requested in a way that is not possible here.",
        advice: "Please open the link in a web browser, directly from the message that you received.",
    },
    opening: Opening {
        with_code: Message {
            title: "Enter the code to see the images",
            what: "A person or hospital has shared medical images with you. They are protected by a code, \
                   which you receive separately from the link, for example by telephone.",
            advice: "If you do not have the code, please ask the person or hospital who sent you the link \
                     for it.",
        },
        without_code: Message {
            title: "Medical images have been shared with you",
            what: "A person or hospital has sent you this link, so that you can see medical images. The \
                   button opens them.",
            advice: "Please go on only if you were expecting these images. If you do not know who sent \
                     you the link, close this page.",
        },
        counted: "This link opens a limited number of times only. Please go on when you want to look at \
                  the images.",
        code: "Code",
        open: "Open the images",
        missing_code: "Please enter the code.",
        wrong_code: "This is not the right code. Please check it and enter it again.",
        attempts_left: "Attempts left: {left}.",
    },
};
