package lambda

import (
	"encoding/json"
	"maps"
	"testing"
)

// judged is a statement, without what all of them have, and whether it is public.
type judged struct {
	statement string
	want      bool
}

// when is a statement for somebody under one condition.
func when(who, operator, key, value string) string {
	return who + `,"Condition":{"` + operator + `":{"` + key + `":` + value + `}}`
}

// people are statements for callers.
func people() map[string]judged {
	const everybody, account, two = `"Principal":"*"`, `"222222222222"`, `["222222222222","333333333333"]`
	const accountKey, paths = "aws:SourceAccount", "aws:PrincipalOrgPaths"
	return map[string]judged{
		"everybody":                   {everybody, true},
		"everybody, as a list":        {`"Principal":{"AWS":["*"]}`, true},
		"everybody, as a map":         {`"Principal":{"AWS":"*"}`, true},
		"everybody among others":      {`"Principal":{"AWS":["222222222222","*"]}`, true},
		"everybody but":               {`"NotPrincipal":{"AWS":"222222222222"}`, true},
		"a pattern of accounts":       {`"Principal":{"AWS":"arn:aws:iam::*:role/x"}`, true},
		"nobody is named":             {`"Principal":{"AWS":""}`, true},
		"an account":                  {`"Principal":{"AWS":"arn:aws:iam::333333333333:root"}`, false},
		"an identity provider":        {`"Principal":{"Federated":"cognito-identity.amazonaws.com"}`, false},
		"a function URL for all":      {when(everybody, "StringEquals", "lambda:FunctionUrlAuthType", `"NONE"`), true},
		"a URL for all who sign":      {when(everybody, "StringEquals", "lambda:FunctionUrlAuthType", `"AWS_IAM"`), true},
		"through a URL":               {when(everybody, "Bool", "lambda:InvokedViaFunctionUrl", `true`), true},
		"an organization":             {when(everybody, "StringEquals", "aws:PrincipalOrgID", `"o-abcdefghij"`), false},
		"any organization":            {when(everybody, "StringLike", "aws:PrincipalOrgID", `"o-*"`), true},
		"a part of an organization":   {when(everybody, "ForAnyValue:StringLike", paths, `"o-abcdefghij/*"`), false},
		"every path, also without":    {when(everybody, "ForAllValues:StringLike", paths, `"o-abcdefghij/*"`), true},
		"an account, by condition":    {when(everybody, "StringEquals", "AWS:SourceAccount", account), false},
		"an account, another case":    {when(everybody, "StringEquals", "aws:sourceaccount", account), false},
		"some accounts":               {when(everybody, "StringEquals", accountKey, two), false},
		"accounts, one of them any":   {when(everybody, "StringLike", accountKey, `["222222222222","*"]`), true},
		"no account":                  {when(everybody, "StringEquals", accountKey, `[]`), true},
		"only if there is an account": {when(everybody, "StringEqualsIfExists", accountKey, account), true},
		"all accounts but one":        {when(everybody, "StringNotEquals", accountKey, `"333333333333"`), true},
		"an account by a variable":    {when(everybody, "StringEquals", accountKey, `"${aws:PrincipalAccount}"`), true},
		"a network":                   {when(everybody, "StringEquals", "aws:SourceVpce", `"vpce-1"`), false},
		"a key that names nobody":     {when(everybody, "StringEquals", "aws:UserAgent", `"me"`), true},
		"a denial":                    {`"Effect":"Deny",` + everybody, false},
	}
}

// services are statements for what AWS does on somebody's behalf.
func services() map[string]judged {
	const s3, bucket = `"Principal":{"Service":"s3.amazonaws.com"}`, `"arn:aws:s3:::uploads"`
	const events, rule = `"Principal":{"Service":"events.amazonaws.com"}`, `"arn:aws:events:us-east-1:222222222222:rule/*"`
	const alexa, skill = `"Principal":{"Service":"alexa-appkit.amazon.com"}`, `"amzn1.ask.skill.x"`
	return map[string]judged{
		"S3":           {s3, true},
		"S3, a bucket": {when(s3, "ArnLike", "AWS:SourceArn", bucket), true},
		"S3, a bucket of an account": {s3 + `,"Condition":{"ArnLike":{"AWS:SourceArn":` + bucket +
			`},"StringEquals":{"AWS:SourceAccount":"222222222222"}}`, false},
		"events":                   {events, true},
		"events, a rule":           {when(events, "ArnLike", "AWS:SourceArn", rule), false},
		"events, rules of anybody": {when(s3, "ArnLike", "AWS:SourceArn", `"arn:aws:events:us-east-1:*:rule/x"`), true},
		"services":                 {`"Principal":{"Service":["sns.amazonaws.com","s3.amazonaws.com"]}`, true},
		"Alexa, a skill":           {when(alexa, "StringEquals", "lambda:EventSourceToken", skill), false},
		"Alexa, any skill":         {alexa, true},
	}
}

func TestPublic(t *testing.T) {
	tests := people()
	maps.Copy(tests, services())
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			text := `{"Effect":"Allow","Action":"lambda:InvokeFunction",` + tc.statement + `}`
			var s statement
			if err := json.Unmarshal([]byte(text), &s); err != nil {
				t.Fatal(err)
			}
			if s.public() != tc.want {
				t.Errorf("public: %v, want %v: %s", !tc.want, tc.want, text)
			}
		})
	}
}

func TestStatementsAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"principal is a number": `[{"Principal":7}]`,
		"not a statement":       `"Allow"`,
		"broken list":           `[{"Action":["a"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			var s statements
			if err := json.Unmarshal([]byte(text), &s); err == nil {
				t.Errorf("read as %+v", s)
			}
		})
	}
}
