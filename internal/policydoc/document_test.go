package policydoc_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/policydoc"
)

// Statements of a bucket's policy, as people and tools write them.
const (
	partner = `{"Sid":"Partner","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::333333333333:root"},
		"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`
	twin    = `{"Sid":"Partner","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}`
	unnamed = `{ "Effect" : "Deny", "Principal":"*","Action":["s3:PutObject"],"Resource":["arn:aws:s3:::b/*"],
		"Condition":{"NumericLessThan":{"s3:TlsVersion":1.20}}}`
	// Its empty text means something, and no state could hold it.
	tagged = `{"Sid":"Tagged","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*",` +
		`"Condition":{"StringEquals":{"aws:PrincipalTag/team":""}}}`
	// Text is no element of AWS's, and how a state holds what it could not hold.
	disguised = `{"Text":"{\"Effect\":\"Allow\"}"}`
)

func policy(statements ...string) string {
	return `{"Version":"2008-10-17","Id":"own","Statement":[` + strings.Join(statements, ",") + `]}`
}

func TestReadable(t *testing.T) {
	for name, text := range map[string]string{
		"a list":            policy(partner, unnamed),
		"no list":           `{"Statement":` + partner + `}`,
		"blanks":            "\n {\t\"Statement\" : [ " + partner + " ] }\n",
		"no statements":     `{"Statement":[]}`,
		"one name twice":    policy(partner, twin, partner),
		"unknown elements":  `{"Extra":{"a":[null,1e400]},"Statement":[{"Effect":"Deny","New":12345678901234567890}]}`,
		"odd Sid":           policy(`{"Sid":"a b/~","Effect":"Deny"}`, `{"Sid":7,"Effect":"Deny"}`, `{"Sid":""}`),
		"disguised":         policy(disguised),
		"escapes":           policy(`{"Sid":"\u003c\ud800","Effect":"Deny"}`),
		"same name, deeper": policy(`{"Sid":"a","Effect":"Deny","Condition":{"a":{"Sid":"x"},"b":{"Sid":"x"}}}`),
	} {
		t.Run(name, func(t *testing.T) {
			d := read(t, text)
			if again := read(t, textOf(t, d)); !equal(d.State(), again.State()) {
				t.Errorf("written as %s, read again as %v", textOf(t, d), again.State())
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	for name, text := range map[string]string{
		"nothing":                  "",
		"blanks":                   " \n",
		"no JSON":                  `{"Statement":`,
		"two documents":            policy(partner) + policy(partner),
		"a byte order mark":        "\ufeff" + policy(partner),
		"a text":                   `"Allow"`,
		"null":                     `null`,
		"a list":                   `[` + partner + `]`,
		"without statements":       `{"Version":"2012-10-17"}`,
		"statements of null":       `{"Statement":null}`,
		"statements of a text":     `{"Statement":"Allow"}`,
		"statement of null":        policy(`null`),
		"statement of a list":      policy(`[` + partner + `]`),
		"statements in small":      `{"statement":[` + partner + `]}`,
		"statements in both":       `{"Statement":[],"statement":[` + partner + `]}`,
		"statements twice":         `{"Statement":[],"Statement":[` + partner + `]}`,
		"statements twice, hidden": `{"Statement":[],"\u0053tatement":[` + partner + `]}`,
		"version in small":         `{"version":"2012-10-17","Statement":[]}`,
		"effect twice":             policy(`{"Effect":"Deny","Effect":"Allow","Principal":"*","Action":"*"}`),
		"condition key twice":      policy(`{"Effect":"Deny","Condition":{"Bool":{"a":"x","a":"y"}}}`),
		"too deep":                 `{"Statement":[{"Effect":"Deny","Condition":` + deep + `}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if d, err := policydoc.Read(text); !errors.Is(err, policydoc.ErrUnreadable) {
				t.Errorf("read as %v: %v", d.State(), err)
			}
		})
	}
}

// Statements that AWS would not take, or that readers do not agree on. Nobody may take one for harmless.
func TestUnreadableStatements(t *testing.T) {
	for name, text := range map[string]string{
		"no object":               `"Allow"`,
		"not JSON":                `{"Effect":`,
		"no effect":               `{"Principal":"*","Action":"*"}`,
		"effect in small":         `{"Effect":"allow","Principal":"*"}`,
		"element in small":        `{"effect":"Allow","Principal":"*"}`,
		"element in both":         `{"Effect":"Deny","effect":"Allow","Principal":"*"}`,
		"principal in capitals":   `{"Effect":"Allow","PRINCIPAL":"*"}`,
		"a kind in small":         `{"Effect":"Allow","Principal":{"aws":"*"}}`,
		"a kind in both":          `{"Effect":"Allow","Principal":{"AWS":"333333333333","aws":"*"}}`,
		"an unknown kind":         `{"Effect":"Allow","Principal":{"Everyone":"yes"}}`,
		"an unknown kind but":     `{"Effect":"Deny","NotPrincipal":{"*":"*"}}`,
		"principal is a number":   `{"Effect":"Allow","Principal":7}`,
		"principal is a list":     `{"Effect":"Allow","Principal":["*"]}`,
		"action is an object":     `{"Effect":"Allow","Action":{"a":"b"}}`,
		"actions within a list":   `{"Effect":"Allow","Action":[["s3:*"]]}`,
		"action of null, listed":  `{"Effect":"Allow","Action":[null]}`,
		"condition is a text":     `{"Effect":"Allow","Condition":"none"}`,
		"condition key is a text": `{"Effect":"Allow","Condition":{"StringEquals":"x"}}`,
		"operator in two sizes":   `{"Effect":"Allow","Condition":{"Bool":{"a":"x"},"bool":{"b":"y"}}}`,
		"key in two sizes":        `{"Effect":"Allow","Condition":{"Bool":{"aws:x":"1","AWS:X":"2"}}}`,
		"Sid is a number":         `{"Sid":7,"Effect":"Allow"}`,
		"held as text":            disguised,
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := policydoc.ReadStatement([]byte(text)); !errors.Is(err, policydoc.ErrUnreadable) {
				t.Errorf("read as %+v: %v", s, err)
			}
			if d, err := policydoc.Read(`{"Statement":[` + partner + `,` + text + `]}`); err == nil {
				if s, err := d.Statements(); !errors.Is(err, policydoc.ErrUnreadable) {
					t.Errorf("in a document read as %+v: %v", s, err)
				}
			}
		})
	}
}
