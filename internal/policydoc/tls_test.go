package policydoc_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/policydoc"
)

const tls = `{"Sid":"SalveRequireTLS","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["BUCKET","BUCKET/*"],
	"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`

// about is what takes the place of parts of tls, in pairs, and whether it denies some requests without TLS, and all.
type about struct {
	replace      []string
	denies, full bool
}

const resources = `["BUCKET","BUCKET/*"]`

func denials() map[string]about {
	return map[string]about{
		"as it should be":      {nil, true, true},
		"no name":              {[]string{`"Sid":"SalveRequireTLS",`, ""}, true, true},
		"lists":                {[]string{`"*"`, `{"AWS":["*"]}`, `"s3:*"`, `["S3:*"]`}, true, true},
		"every action":         {[]string{`"s3:*"`, `"*"`}, true, true},
		"among actions":        {[]string{`"s3:*"`, `["s3:GetObject","s3:*"]`}, true, true},
		"boolean":              {[]string{`"false"`, `[false]`}, true, true},
		"False":                {[]string{`"false"`, `"False"`}, true, true},
		"key in small letters": {[]string{"SecureTransport", "securetransport"}, true, true},
		"if exists":            {[]string{`"Bool"`, `"boolIfExists"`}, true, true},
		"one wildcard":         {[]string{resources, `"BUCKET*"`}, true, true},
		"every resource":       {[]string{resources, `"*"`}, true, true},
		"a shorter name":       {[]string{resources, `"arn:aws:s3:::logs*"`}, true, true},
		"wildcards within":     {[]string{resources, `"arn:*:s3:::log?-eu*"`}, true, true},
		"actions by a pattern": {[]string{`"s3:*"`, `"s*"`}, true, true},
		"two stars":            {[]string{`"s3:*"`, `"s3:**"`}, true, true},
		"everybody and one":    {[]string{`"Principal":"*"`, `"Principal":{"AWS":["333333333333","*"]}`}, true, true},

		"objects only":      {[]string{resources, `"BUCKET/*"`}, true, false},
		"bucket only":       {[]string{resources, `"BUCKET"`}, true, false},
		"a folder":          {[]string{`"BUCKET/*"`, `"BUCKET/in/*"`}, true, false},
		"some objects":      {[]string{`"BUCKET/*"`, `"BUCKET/?*"`}, true, false},
		"in other capitals": {[]string{resources, `"arn:aws:s3:::LOGS-EU*"`}, true, false},
		"by a variable":     {[]string{resources, `"arn:aws:s3:::${aws:username}*"`}, true, false},
		"one action":        {[]string{"s3:*", "s3:GetObject"}, true, false},
		"of others":         {[]string{"s3:*", "sqs:*"}, true, false},
		"all but actions":   {[]string{`"Action":"s3:*"`, `"NotAction":"s3:Get*"`}, true, false},
		"none but":          {[]string{`"Action"`, `"NotAction":[],"Action"`}, true, false},
		"all but a folder":  {[]string{`"Resource":` + resources, `"NotResource":"BUCKET/open/*"`}, true, false},
		"and all but none":  {[]string{`"Resource"`, `"NotResource":[],"Resource"`}, true, false},
		"one principal":     {[]string{`"*"`, `{"AWS":"arn:aws:iam::333333333333:root"}`}, true, false},
		"another kind":      {[]string{`"*"`, `{"Service":"*"}`}, true, false},
		"all but":           {[]string{`"Principal":`, `"NotPrincipal":"*","Principal":`}, true, false},
		"second key":        {[]string{`"false"`, `"false","aws:ViaAWSService":"false"`}, true, false},
		"second operator":   {[]string{`"Bool":`, `"StringEquals":{"aws:Referer":"x"},"Bool":`}, true, false},

		"allows":        {[]string{"Deny", "Allow"}, false, false},
		"the other way": {[]string{`"false"`, `"true"`}, false, false},
		"both ways":     {[]string{`"false"`, `["false","true"]`}, false, false},
		"no value":      {[]string{`"false"`, `[]`}, false, false},
		"as a text":     {[]string{`"Bool"`, `"StringEquals"`}, false, false},
		"of the source": {[]string{"aws:SecureTransport", "aws:ViaAWSService"}, false, false},
		"no condition":  {[]string{`"Bool":{"aws:SecureTransport":"false"}`, ""}, false, false},
	}
}

func TestRequiresTLS(t *testing.T) {
	const bucket = "arn:aws:s3:::logs-eu"
	for name, tc := range denials() {
		t.Run(name, func(t *testing.T) {
			text := strings.NewReplacer(tc.replace...).Replace(tls)
			s, err := policydoc.ReadStatement([]byte(strings.ReplaceAll(text, "BUCKET", bucket)))
			if err != nil {
				t.Fatal(err)
			}
			if got := s.DeniesPlaintext(); got != tc.denies {
				t.Errorf("denies some: %v, want %v: %s", got, tc.denies, text)
			}
			if got := policydoc.RequiresTLS([]policydoc.Statement{s}, "s3", bucket, bucket+"/*"); got != tc.full {
				t.Errorf("denies all: %v, want %v: %s", got, tc.full, text)
			}
		})
	}
}

// Several statements may say together what none says alone, if each says it in full of something.
func TestRequiresTLSTogether(t *testing.T) {
	const bucket = "arn:aws:s3:::logs-eu"
	of := func(replace ...string) policydoc.Statement {
		text := strings.ReplaceAll(strings.NewReplacer(replace...).Replace(tls), "BUCKET", bucket)
		return done[policydoc.Statement](t)(policydoc.ReadStatement([]byte(text)))
	}
	itself, objects := of(resources, `"BUCKET"`), of(resources, `"BUCKET/*"`)
	one, many := of(resources, `"BUCKET/*"`, `s3:*`, `s3:GetObject`), of(resources, `"BUCKET/*"`, `s3:*`, `s3:Put*`)
	for name, tc := range map[string]struct {
		all  []policydoc.Statement
		want bool
	}{
		"bucket and objects": {[]policydoc.Statement{itself, objects}, true},
		"in the other order": {[]policydoc.Statement{objects, one, itself}, true},
		"none":               {nil, false},
		"objects twice":      {[]policydoc.Statement{objects, objects}, false},
		"some actions":       {[]policydoc.Statement{itself, one, many}, false},
		"folders": {
			[]policydoc.Statement{itself, of(resources, `"BUCKET/a*"`), of(resources, `"BUCKET/b*"`)}, false,
		},
		"an allowance of the rest": {[]policydoc.Statement{itself, of(resources, `"BUCKET/*"`, "Deny", "Allow")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := policydoc.RequiresTLS(tc.all, "s3", bucket, bucket+"/*"); got != tc.want {
				t.Errorf("denies all: %v", got)
			}
		})
	}
}

// An alarm and the policy of the topic it tells.
func TestMayLet(t *testing.T) {
	for name, tc := range map[string]struct {
		statement string
		want      bool
	}{
		"everybody":       {`"Principal":"*","Action":"sns:Publish"`, true},
		"every principal": {`"Principal":{"AWS":"*"},"Action":["SNS:Subscribe","SNS:Publish"]`, true},
		"CloudWatch": {
			`"Principal":{"Service":["events.amazonaws.com","cloudwatch.amazonaws.com"]},"Action":"sns:*"`, true,
		},
		"the account":            {`"Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"sns:Pub*"`, true},
		"the account, by number": {`"Principal":{"AWS":"222222222222"},"Action":"sns:Publish"`, true},
		"everybody but":          {`"NotPrincipal":{"AWS":"333333333333"},"Action":"sns:Publish"`, true},
		"all but":                {`"Principal":"*","NotAction":"sns:Delete*"`, true},
		"by one letter":          {`"Principal":"*","Action":"sns:?ublis?"`, true},
		"everything":             {`"Principal":"*","Action":"*"`, true},
		"only of an organization": {
			when(`"Principal":"*","Action":"sns:Publish"`, "StringEquals", "aws:PrincipalOrgID", `"o-1"`), true,
		},
		"events only": {`"Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish"`, false},
		"one role": {
			`"Principal":{"AWS":["arn:aws:iam::222222222222:role/publisher"]},"Action":"sns:Publish"`, false,
		},
		"nobody":                   {`"Principal":{},"Action":"sns:Publish"`, false},
		"no publishing":            {`"Principal":{"AWS":"*"},"Action":"sns:Subscribe"`, false},
		"the beginning of another": {`"Principal":"*","Action":"sns:PublishBatch"`, false},
		"no action":                {`"Principal":"*"`, false},
		"a denial":                 {`"Effect":"Deny","Principal":"*","Action":"sns:Publish"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			text := `{"Resource":"*",` + tc.statement + `}`
			if !strings.Contains(text, `"Effect"`) {
				text = strings.Replace(text, "{", `{"Effect":"Allow",`, 1)
			}
			s, err := policydoc.ReadStatement([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if got := s.MayLet("cloudwatch.amazonaws.com", "sns:Publish"); got != tc.want {
				t.Errorf("%v, want %v: %s", got, tc.want, text)
			}
		})
	}
}
