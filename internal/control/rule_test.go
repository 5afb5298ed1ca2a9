package control_test

import (
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// TestCopied: a rule of Security Hub's is the control's where it is called after it, and not after a longer one.
func TestCopied(t *testing.T) {
	ssl := control.Fails{Rule: "s3-bucket-ssl-requests-only"}
	for name, want := range map[string]bool{
		"securityhub-s3-bucket-ssl-requests-only-1a2b3c4d":      true,
		"securityhub-s3-bucket-ssl-requests-only-also-1a2b3c4d": false,
		"securityhub-s3-bucket-ssl-requests-only-":              false,
		"securityhub-s3-bucket-ssl-requests-only":               false,
		"securityhub-s3-bucket-ssl-1a2b3c4d":                    false,
		"s3-bucket-ssl-requests-only-1a2b3c4d":                  false,
		"":                                                      false,
	} {
		if got := ssl.Copied(name); got != want {
			t.Errorf("%q: %t, want %t", name, got, want)
		}
	}
	if (control.Fails{Custom: true}).Copied("securityhub--1a2b3c4d") {
		t.Error("a control without a rule has one")
	}
}

// TestIdentifier: AWS Config calls a managed rule by one name and a rule of Security Hub's by none.
func TestIdentifier(t *testing.T) {
	for want, f := range map[string]control.Fails{
		"S3_BUCKET_SSL_REQUESTS_ONLY": {Rule: "s3-bucket-ssl-requests-only"},
		"INCOMING_SSH_DISABLED":       {Rule: "restricted-ssh"},
		"":                            {Rule: "vpc-sg-restricted-common-ports", Custom: true},
	} {
		if got := f.Identifier(); got != want {
			t.Errorf("%s: %q, want %q", f.Rule, got, want)
		}
	}
	if got := (control.Fails{}).Identifier(); got != "" {
		t.Errorf("without a rule: %q", got)
	}
}
