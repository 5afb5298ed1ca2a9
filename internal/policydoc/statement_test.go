package policydoc_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/policydoc"
)

// However a statement is written, it is one, and as part of a state it reads as itself.
func TestOneForm(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"texts": {
			`{"Sid":"a","Effect":"Allow","Principal":{"AWS":"1"},"Action":"s3:Get","Resource":"r"}`,
			`{"Sid":"a","Effect":"Allow","Resource":["r"],"Principal":{"AWS":["1"]},"Action":["s3:Get"]}`,
		},
		"lists": {
			`{"Effect":"Allow","NotPrincipal":{"AWS":["2","1"],"Service":[]},"NotAction":["b","a","b"],"NotResource":["r"]}`,
			`{"Effect":"Allow","NotResource":["r"],"NotPrincipal":{"AWS":["1","2"],"Service":[]},"NotAction":["a","b","b"]}`,
		},
		"everybody": {
			`{"Effect":"Deny","Principal":"*"}`, `{"Effect":"Deny","Principal":{"*":["*"]}}`,
		},
		"conditions": {
			`{"Effect":"Deny","Condition":{"Bool":{"a":true,"b":[1.20,12345678901234567890,"x"]},"Null":{"c":null}}}`,
			`{"Effect":"Deny","Condition":{"Bool":{"a":["true"],"b":["1.20","12345678901234567890","x"]},"Null":{"c":null}}}`,
		},
		"null":             {`{"Effect":"Deny","Principal":null,"Action":null}`, `{"Effect":"Deny"}`},
		"unknown elements": {`{"Effect":"Deny","Extra":{"Principal":"*"}}`, `{"Effect":"Deny"}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := done[policydoc.Statement](t)(policydoc.ReadStatement([]byte(tc.text)))
			got := string(done[[]byte](t)(json.Marshal(s)))
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if d := cmp.Diff(s, kept(t, s), cmp.Transformer("values", func(v policydoc.Values) []string { return v })); d != "" {
				t.Errorf("read again (-want +got):\n%s", d)
			}
		})
	}
}

// An element that is there and empty is not one that is missing.
func TestEmptyIsThere(t *testing.T) {
	const text = `{"Effect":"Deny","NotAction":[],"NotPrincipal":{}}`
	s := done[policydoc.Statement](t)(policydoc.ReadStatement([]byte(text)))
	if s.NotAction == nil || s.NotPrincipal == nil || s.Action != nil || s.Principal != nil {
		t.Errorf("%#v", s)
	}
}
