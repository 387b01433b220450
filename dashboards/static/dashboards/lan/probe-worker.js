/** Empty on purpose: that a browser takes it at all shows that it trusts the certificate. */
