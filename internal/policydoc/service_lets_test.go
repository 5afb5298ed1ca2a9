package policydoc_test

import (
	"testing"

	"github.com/salve-security/salve/internal/policydoc"
)

// TestLetsService: a service is let where it is named, or everybody is; an account is its own people, not a service.
func TestLetsService(t *testing.T) {
	for statement, want := range map[string]bool{
		`{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"kms:Decrypt","Resource":"*"}`: true,
		`{"Effect":"Allow","Principal":{"Service":["a.amazonaws.com","cloudwatch.amazonaws.com"]},"Action":["kms:Dec*"],` +
			`"Resource":"*"}`: true,
		`{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}`:                                          true,
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"kms:*","Resource":"*"}`:     false,
		`{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"kms:Decrypt","Resource":"*"}`:     false,
		`{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"kms:Encrypt","Resource":"*"}`: false,
		`{"Effect":"Deny","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"kms:Decrypt","Resource":"*"}`:  false,
	} {
		document, err := policydoc.Read(`{"Version":"2012-10-17","Statement":[` + statement + `]}`)
		if err != nil {
			t.Fatal(err)
		}
		all, err := document.Statements()
		if err != nil || len(all) != 1 {
			t.Fatalf("%d statements: %v", len(all), err)
		}
		if got := all[0].LetsService("cloudwatch.amazonaws.com", "kms:Decrypt"); got != want {
			t.Errorf("%s: %v, want %v", statement, got, want)
		}
	}
}
