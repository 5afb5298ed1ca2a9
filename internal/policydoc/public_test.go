package policydoc_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/policydoc"
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

const everybody = `"Principal":"*"`

// people are statements for callers of a function.
func people() map[string]judged {
	return map[string]judged{
		"everybody":                 {everybody, true},
		"everybody, as a list":      {`"Principal":{"AWS":["*"]}`, true},
		"everybody, as a map":       {`"Principal":{"AWS":"*"}`, true},
		"everybody among others":    {`"Principal":{"AWS":["222222222222","*"]}`, true},
		"everybody but":             {`"NotPrincipal":{"AWS":"222222222222"}`, true},
		"a pattern of accounts":     {`"Principal":{"AWS":"arn:aws:iam::*:role/x"}`, true},
		"nobody is named":           {`"Principal":{"AWS":""}`, true},
		"no names at all":           {`"Principal":{"AWS":[]}`, true},
		"no kinds at all":           {`"Principal":{}`, true},
		"no principal":              {`"Sid":"x"`, true},
		"everybody but nobody":      {`"NotPrincipal":{}`, true},
		"any user of an account":    {`"Principal":{"AWS":"arn:aws:iam::222222222222:user/*"}`, true},
		"one of ten accounts":       {`"Principal":{"AWS":"22222222222?"}`, true},
		"a variable":                {`"Principal":{"AWS":"arn:aws:iam::222222222222:user/${aws:username}"}`, true},
		"any provider":              {`"Principal":{"Federated":"*"}`, true},
		"a user, deleted since":     {`"Principal":{"AWS":"AIDAEXAMPLE"}`, false},
		"a role in China":           {`"Principal":{"AWS":"arn:aws-cn:iam::222222222222:role/x"}`, false},
		"an account":                {`"Principal":{"AWS":"arn:aws:iam::333333333333:root"}`, false},
		"an account, as a number":   {`"Principal":{"AWS":333333333333}`, false},
		"an account without a kind": {`"Principal":"333333333333"`, false},
		"an identity provider":      {`"Principal":{"Federated":"cognito-identity.amazonaws.com"}`, false},
	}
}

// conditions are statements for everybody under one.
func conditions() map[string]judged {
	const account, two = `"222222222222"`, `["222222222222","333333333333"]`
	const accountKey, paths = "aws:SourceAccount", "aws:PrincipalOrgPaths"
	return map[string]judged{
		"a function URL for all":    {when(everybody, "StringEquals", "lambda:FunctionUrlAuthType", `"NONE"`), true},
		"a URL for all who sign":    {when(everybody, "StringEquals", "lambda:FunctionUrlAuthType", `"AWS_IAM"`), true},
		"through a URL":             {when(everybody, "Bool", "lambda:InvokedViaFunctionUrl", `true`), true},
		"an organization":           {when(everybody, "StringEquals", "aws:PrincipalOrgID", `"o-abcdefghij"`), false},
		"any organization":          {when(everybody, "StringLike", "aws:PrincipalOrgID", `"o-*"`), true},
		"a part of an organization": {when(everybody, "ForAnyValue:StringLike", paths, `"o-abcdefghij/*"`), true},
		"a unit of an organization": {
			when(everybody, "foranyvalue:StringEquals", paths, `"o-abcdefghij/r-ab12/ou-ab12-1/"`), false,
		},
		"every path, also without":    {when(everybody, "ForAllValues:StringLike", paths, `"o-abcdefghij/*"`), true},
		"an account, by condition":    {when(everybody, "StringEquals", "AWS:SourceAccount", account), false},
		"an account, another case":    {when(everybody, "StringEquals", "aws:sourceaccount", account), false},
		"operator in small":           {when(everybody, "stringequals", accountKey, account), false},
		"some accounts":               {when(everybody, "StringEquals", accountKey, two), false},
		"accounts, one of them any":   {when(everybody, "StringLike", accountKey, `["222222222222","*"]`), true},
		"no account":                  {when(everybody, "StringEquals", accountKey, `[]`), true},
		"null for an account":         {when(everybody, "StringEquals", accountKey, `null`), true},
		"only if there is an account": {when(everybody, "StringEqualsIfExists", accountKey, account), true},
		"all accounts but one":        {when(everybody, "StringNotEquals", accountKey, `"333333333333"`), true},
		"an account by a variable":    {when(everybody, "StringEquals", accountKey, `"${aws:PrincipalAccount}"`), true},
		"a network":                   {when(everybody, "StringEquals", "aws:SourceVpce", `"vpce-1"`), false},
		"a key that names nobody":     {when(everybody, "StringEquals", "aws:UserAgent", `"me"`), true},
		"addresses":                   {when(everybody, "IpAddress", "aws:SourceIp", `"192.0.2.0/24"`), false},
		"half of all addresses":       {when(everybody, "IpAddress", "aws:SourceIp", `"0.0.0.0/1"`), true},
		"a source": {
			when(everybody, "ArnLike", "aws:SourceArn", `"arn:aws:sns:us-east-1:222222222222:t"`), false,
		},
		"sources by a pattern": {
			when(everybody, "ArnLike", "aws:SourceArn", `"arn:aws:sns:us-east-1:222222222222:*"`), true,
		},
		"a version by its name": {
			when(everybody, "ArnEquals", "aws:SourceArn", `"arn:aws:lambda:us-east-1:222222222222:function:f:$LATEST"`), false,
		},
		"a token of a partner": {
			when(everybody, "StringEquals", "lambda:EventSourceToken", `"amzn1.ask.skill.x"`), false,
		},
		"a denial": {`"Effect":"Deny",` + everybody, false},
	}
}

// services are statements for what AWS does on somebody's behalf. Only Amazon S3 does it for anybody: to AWS, other
// services by their names are nobody else.
func services() map[string]judged {
	const s3, bucket = `"Principal":{"Service":"s3.amazonaws.com"}`, `"arn:aws:s3:::uploads"`
	const events, rule = `"Principal":{"Service":"events.amazonaws.com"}`, `"arn:aws:events:us-east-1:222222222222:rule/*"`
	const alexa, skill = `"Principal":{"Service":"alexa-appkit.amazon.com"}`, `"amzn1.ask.skill.x"`
	const account = `"222222222222"`
	return map[string]judged{
		"S3":           {s3, true},
		"S3, a bucket": {when(s3, "ArnLike", "AWS:SourceArn", bucket), true},
		"S3, a bucket of an account": {s3 + `,"Condition":{"ArnLike":{"AWS:SourceArn":` + bucket +
			`},"StringEquals":{"AWS:SourceAccount":"222222222222"}}`, false},
		"S3, buckets of an account": {s3 + `,"Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::up*` +
			`"},"StringEquals":{"AWS:SourceAccount":"222222222222"}}`, false},
		"S3, some accounts":       {when(s3, "StringEquals", "aws:SourceAccount", `["222222222222","333333333333"]`), false},
		"S3, accounts by pattern": {when(s3, "StringLike", "aws:SourceAccount", `"2222*"`), true},
		"S3, account by variable": {when(s3, "StringEquals", "aws:SourceAccount", `"${aws:PrincipalAccount}"`), true},
		"S3, if there is one":     {when(s3, "StringEqualsIfExists", "aws:SourceAccount", account), true},
		"S3, not one":             {when(s3, "StringNotEquals", "aws:SourceAccount", account), true},
		"S3, an organization":     {when(s3, "StringEquals", "aws:SourceOrgID", `"o-abcdefghij"`), false},
		"S3, an access point": {
			when(s3, "ArnLike", "aws:SourceArn", `"arn:aws:s3:us-east-1:222222222222:accesspoint/a"`), false,
		},
		"S3, by an address":      {when(s3, "IpAddress", "aws:SourceIp", `"192.0.2.0/24"`), true},
		"S3, of a Region":        {`"Principal":{"Service":"s3.eu-west-1.amazonaws.com"}`, true},
		"S3, in China":           {`"Principal":{"Service":"s3.amazonaws.com.cn"}`, true},
		"S3, under Allow only":   {`"Effect":"Deny",` + s3, false},
		"services, S3 with them": {`"Principal":{"Service":["sns.amazonaws.com","s3.amazonaws.com"]}`, true},
		"any service":            {`"Principal":{"Service":"*"}`, true},

		"events":                   {events, false},
		"events, a rule":           {when(events, "ArnLike", "AWS:SourceArn", rule), false},
		"events, rules of anybody": {when(events, "ArnLike", "AWS:SourceArn", `"arn:aws:events:us-east-1:*:rule/x"`), false},
		"topics":                   {`"Principal":{"Service":"sns.amazonaws.com"}`, false},
		"a gateway":                {`"Principal":{"Service":"apigateway.amazonaws.com"}`, false},
		"another with S3 in it":    {`"Principal":{"Service":"replication.s3.amazonaws.com"}`, false},
		"Alexa, a skill":           {when(alexa, "StringEquals", "lambda:EventSourceToken", skill), false},
		"Alexa, any skill":         {alexa, false},
	}
}

// Which services act for somebody whom a condition names, be it by a pattern.
func TestSourced(t *testing.T) {
	const events = `"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"}`
	for name, tc := range map[string]judged{
		"nobody":                {events, false},
		"any account":           {when(events, "StringLike", "aws:SourceAccount", `"*"`), false},
		"rules of anybody":      {when(events, "ArnLike", "aws:SourceArn", `"arn:aws:events:us-east-1:*:rule/x"`), false},
		"a key that names none": {when(events, "StringEquals", "aws:UserAgent", `"x"`), false},
		"all but one":           {when(events, "StringNotEquals", "aws:SourceAccount", `"222222222222"`), false},
		"an account":            {when(events, "StringEquals", "aws:SourceAccount", `"222222222222"`), true},
		"rules of an account": {
			when(events, "ArnLike", "aws:SourceArn", `"arn:aws:events:us-east-1:222222222222:rule/*"`), true,
		},
		"units of organizations": {when(events, "StringLike", "aws:SourceOrgPaths", `"o-abcdefghij/*"`), true},
	} {
		t.Run(name, func(t *testing.T) {
			s := done[policydoc.Statement](t)(policydoc.ReadStatement([]byte(`{` + tc.statement + `}`)))
			if got := s.Sourced(); got != tc.want || len(s.Services()) != 1 {
				t.Errorf("sourced: %v, services %v: %s", got, s.Services(), tc.statement)
			}
		})
	}
}

// What a statement may let somebody do.
func TestMayDo(t *testing.T) {
	for name, tc := range map[string]judged{
		"that":                    {`"Action":"s3:GetObject"`, true},
		"in other capitals":       {`"Action":["S3:GETOBJECT"]`, true},
		"among others":            {`"Action":["s3:PutObject","s3:Get*"]`, true},
		"everything":              {`"Action":"*"`, true},
		"all of the service":      {`"Action":"s3:*"`, true},
		"some by their end":       {`"Action":"s3:*Acl"`, true},
		"some by a letter":        {`"Action":"s3:?etObject"`, true},
		"all but some of it":      {`"NotAction":"s3:GetObject"`, true},
		"all but nothing":         {`"NotAction":[]`, true},
		"another":                 {`"Action":"s3:PutObject"`, false},
		"some by another end":     {`"Action":"s3:Put*Acl"`, false},
		"of another service":      {`"Action":"sqs:Get*"`, false},
		"nothing":                 {`"Action":[]`, false},
		"no action":               {`"Sid":"x"`, false},
		"all but all of it":       {`"NotAction":["s3:Put*","s3:G*"]`, false},
		"all but all of services": {`"NotAction":"*"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := done[policydoc.Statement](t)(policydoc.ReadStatement([]byte(`{"Effect":"Allow",` + tc.statement + `}`)))
			if got := s.MayDo("s3:Get*"); got != tc.want {
				t.Errorf("%v: %s", got, tc.statement)
			}
		})
	}
}

func TestLambdaPublic(t *testing.T) {
	tests := people()
	maps.Copy(tests, conditions())
	maps.Copy(tests, services())
	judge(t, policydoc.LambdaPublic(), tests)
}

// The examples of the S3 user guide, and what its words say of each key.
func TestS3Public(t *testing.T) {
	const all, key, kmsKey = everybody, "s3:DataAccessPointArn", "s3:x-amz-server-side-encryption-aws-kms-key-id"
	addresses := func(cidr string) string { return when(everybody, "IpAddress", "aws:SourceIp", cidr) }
	judge(t, policydoc.S3Public(), map[string]judged{
		"everybody":                {everybody, true},
		"everybody, as a map":      {`"Principal":{"AWS":["*"]}`, true},
		"everybody but":            {`"NotPrincipal":{"AWS":"arn:aws:iam::222222222222:root"}`, true},
		"an account":               {`"Principal":{"AWS":"arn:aws:iam::333333333333:root"}`, false},
		"a service":                {`"Principal":{"Service":"cloudtrail.amazonaws.com"}`, false},
		"any service":              {`"Principal":{"Service":"*"}`, true},
		"a canonical user":         {`"Principal":{"CanonicalUser":"79a59df900b949e55d96a1e698fbaced"}`, false},
		"an identity provider":     {`"Principal":{"Federated":"graph.facebook.com"}`, true},
		"an account and everybody": {`"Principal":{"Service":"cloudtrail.amazonaws.com","AWS":"*"}`, true},
		"an account by a variable": {`"Principal":{"AWS":"arn:aws:iam::${aws:PrincipalAccount}:root"}`, true},
		"nobody is allowed":        {`"Effect":"Deny",` + everybody, false},

		"nobody is named":         {`"Principal":{}`, true},
		"a network":               {when(everybody, "StringEquals", "aws:SourceVpc", `"vpc-91237329"`), false},
		"networks, one by a star": {when(everybody, "StringLike", "aws:SourceVpc", `["vpc-91237329","vpc-1*"]`), true},
		"no network":              {when(everybody, "StringEquals", "aws:SourceVpc", `[]`), true},
		"an empty network":        {when(everybody, "StringEquals", "aws:SourceVpc", `""`), true},
		"a unit": {
			when(everybody, "ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", `"o-a/r-1/"`), false,
		},
		"units by a pattern":    {when(everybody, "ForAnyValue:StringLike", "aws:PrincipalOrgPaths", `"o-a/*"`), true},
		"networks by a pattern": {when(everybody, "StringLike", "aws:SourceVpc", `"vpc-*"`), true},
		"all networks but one":  {when(everybody, "StringNotEquals", "aws:SourceVpc", `"vpc-91237329"`), true},
		"a network, if any":     {when(everybody, "StringEqualsIfExists", "aws:SourceVpc", `"vpc-91237329"`), true},
		"an organization":       {when(everybody, "StringEquals", "aws:PrincipalOrgID", `"o-abcdefghij"`), false},
		"a source":              {when(everybody, "ArnLike", "aws:SourceArn", `"arn:aws:s3:::other"`), false},
		"sources":               {when(everybody, "ArnLike", "aws:SourceArn", `"arn:aws:sns:*:222222222222:x"`), true},
		"a key of KMS":          {when(everybody, "StringEquals", kmsKey, `"k"`), false},
		"a user":                {when(everybody, "StringLike", "aws:userid", `"AIDAEXAMPLE"`), false},
		"sessions of a role":    {when(everybody, "StringLike", "aws:userid", `"AROAEXAMPLE:*"`), true},
		"a prefix of keys":      {when(everybody, "StringEquals", "s3:prefix", `"public/"`), true},
		"access points":         {when(all, "ArnLike", key, `"arn:aws:s3:eu-west-1:123456789012:accesspoint/*"`), false},
		"access points of all":  {when(everybody, "ArnLike", key, `"arn:aws:s3:us-west-2:*:accesspoint/*"`), true},
		"access point's owner":  {when(everybody, "StringEquals", "s3:DataAccessPointAccount", `"123456789012"`), false},
		"a referer":             {when(everybody, "StringLike", "aws:Referer", `"https://example.com"`), true},

		"an address":               {addresses(`"192.0.2.7"`), false},
		"a range":                  {addresses(`["192.0.2.0/24","10.0.0.0/8"]`), false},
		"half of all addresses":    {addresses(`"0.0.0.0/1"`), true},
		"a range and all":          {addresses(`["192.0.2.0/24","0.0.0.0/0"]`), true},
		"a range of IPv6":          {addresses(`"2001:db8::/32"`), false},
		"a broad range of IPv6":    {addresses(`"2001::/16"`), true},
		"all of IPv4, as IPv6":     {addresses(`"::ffff:0.0.0.0/96"`), true},
		"no range":                 {addresses(`"anywhere"`), true},
		"everywhere but a range":   {when(everybody, "NotIpAddress", "aws:SourceIp", `"192.0.2.0/24"`), true},
		"a range under other word": {when(everybody, "StringEquals", "aws:SourceIp", `"192.0.2.0/24"`), true},
	})
}

func judge(t *testing.T, p policydoc.Public, tests map[string]judged) {
	t.Helper()
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			text := `{"Action":"lambda:InvokeFunction",` + tc.statement + `}`
			if !strings.Contains(text, `"Effect"`) {
				text = strings.Replace(text, "{", `{"Effect":"Allow",`, 1)
			}
			s, err := policydoc.ReadStatement([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if p.In(s) != tc.want {
				t.Errorf("public: %v, want %v: %s", !tc.want, tc.want, text)
			}
		})
	}
}
