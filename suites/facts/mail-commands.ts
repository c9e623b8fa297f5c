/** Whether a command of SMTP begins a log-in (RFC 4954 section 4) or a mail (RFC 5321 section 3.3). */
export const isMail = (said: string): boolean => /^\s*(AUTH|MAIL)\b/i.test(said)

/** Whether a reply to EHLO offers TLS (RFC 3207 section 4). */
export const offersStartTls = (reply: string): boolean => /^250[ -]STARTTLS\s*$/im.test(reply)
