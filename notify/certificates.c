#include "notify/certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>

guint imp_certificates_count(const char *pem, gsize length)
{
    guint count = 0;
    BIO *text = length <= G_MAXINT ? BIO_new_mem_buf(pem, (int)length) : NULL;
    X509 *certificate;
    while (text && (certificate = PEM_read_bio_X509(text, NULL, NULL, NULL))) {
        X509_free(certificate);
        count++;
    }
    /* At the end there is none that begins; anything else is a fault within one. */
    bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    BIO_free(text);
    return whole ? count : 0;
}
