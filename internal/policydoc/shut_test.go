package policydoc_test

import (
	"encoding/json"
	"testing"

	"github.com/salve-security/salve/internal/policydoc"
)

// TestShut: what a denial leaves of what anybody may read. What takes thought is never said to be shut.
func TestShut(t *testing.T) {
	type left struct{ wholly, partly bool }
	const reads = `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`
	deny := func(rest string) string { return `{"Effect":"Deny","Principal":"*",` + rest + `}` }
	for name, tc := range map[string]struct {
		allows, denies string
		want           left
	}{
		"all of it":          {reads, deny(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`), left{true, false}},
		"in capitals":        {reads, deny(`"Action":"S3:GETOBJECT","Resource":"arn:aws:s3:::b/*"`), left{true, false}},
		"an allow":           {reads, reads, left{}},
		"a part of a name":   {reads, deny(`"Action":"s3:GetObjectT*","Resource":"*"`), left{}},
		"below":              {reads, deny(`"Action":"s3:*","Resource":"arn:aws:s3:::b/x/*"`), left{}},
		"an empty condition": {reads, deny(`"Action":"s3:*","Resource":"*","Condition":{}`), left{true, false}},
		"a list, of which one is public": {
			`{"Effect":"Allow","Principal":"*","Action":["s3:PutObject","s3:GetObject"],"Resource":"*"}`,
			deny(`"Action":["s3:PutObject"],"Resource":"*"`),
			left{},
		},
		"all but one of the kind": {reads, deny(`"NotAction":"s3:GetObject","Resource":"*"`), left{}},
		"all but another":         {reads, deny(`"NotAction":"s3:PutObject","Resource":"*"`), left{true, false}},
		"all but what an open letter may be": {
			`{"Effect":"Allow","Principal":"*","Action":"s3:Get?bject","Resource":"*"}`,
			deny(`"NotAction":"s3:GetObject","Resource":"*"`),
			left{false, true},
		},
		"one that an open letter may be": {
			`{"Effect":"Allow","Principal":"*","Action":"s3:Get?bject","Resource":"*"}`,
			deny(`"Action":"s3:GetObject","Resource":"*"`),
			left{false, true},
		},
		"an open letter": {reads, deny(`"Action":"s3:Get?","Resource":"arn:aws:s3:::b/?"`), left{}},
		"another identity provider": {
			reads, `{"Effect":"Deny","Principal":{"Federated":"*"},"Action":"s3:*","Resource":"*"}`, left{},
		},
		"for resources but some": {reads, deny(`"Action":"s3:*","NotResource":"arn:aws:s3:::b/x"`), left{false, true}},
		"everything but something, and a part of that": {
			`{"Effect":"Allow","Principal":"*","NotAction":"s3:Put*","Resource":"*"}`,
			deny(`"Action":"s3:GetObject","Resource":"*"`),
			left{false, true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var all []policydoc.Statement
			for _, raw := range []string{tc.allows, tc.denies} {
				s, err := policydoc.ReadStatement([]byte(raw))
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, s)
			}
			var got left
			if got.wholly, got.partly = policydoc.Shut(all, all[0], "s3:Get*", "s3:List*"); got != tc.want {
				t.Errorf("shut %+v, want %+v", got, tc.want)
			}
		})
	}
}

// TestDenied: what counts is whom a denial names, as the statement does, and that nothing makes it mean less.
func TestDenied(t *testing.T) {
	statement := func(text string) policydoc.Statement {
		s, err := policydoc.ReadStatement(json.RawMessage(text))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	allows := statement(`{"Effect":"Allow","Principal":{"AWS":"333333333333"},"Action":"s3:*",` +
		`"Resource":"arn:aws:s3:::b/*"}`)
	const named, all = `"Principal":{"AWS":["333333333333","x"]},`, `"Resource":"*"`
	for rest, want := range map[string]bool{
		named + `"Action":"s3:PutObjectAcl",` + all:                                true,
		named + `"NotAction":"s3:GetObject",` + all:                                true,
		`"Principal":"*","Action":"s3:put*",` + all:                                true,
		named + `"Action":"s3:GetObject",` + all:                                   false,
		named + `"Action":"s3:*","Resource":"arn:aws:s3:::b"`:                      false,
		named + `"Action":"s3:*",` + all + `,"Condition":{"Bool":{"a":"true"}}`:    false,
		`"Principal":{"AWS":"444444444444"},"Action":"s3:*",` + all:                false,
		`"NotPrincipal":{"AWS":"444444444444"},"Action":"s3:PutObjectAcl",` + all:  false,
		`"Principal":{"Service":"333333333333"},"Action":"s3:PutObjectAcl",` + all: false,
	} {
		all := []policydoc.Statement{allows, statement(`{"Effect":"Deny",` + rest + `}`)}
		if got := policydoc.Denied(all, allows, "333333333333", "s3:PutObjectAcl"); got != want {
			t.Errorf("%s denies: %v, want %v", rest, got, want)
		}
	}
}
