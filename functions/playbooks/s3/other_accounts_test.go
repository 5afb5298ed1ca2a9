package s3_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	playbook "github.com/salve-security/salve/functions/playbooks/s3"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// letting is a statement that lets somebody do something, with or without a Sid.
func letting(sid, who, actions string) string {
	if sid != "" {
		sid = `"Sid":"` + sid + `",`
	}
	return `{` + sid + `"Effect":"Allow","Principal":` + who + `,"Action":` + actions +
		`,"Resource":["BUCKET","BUCKET/*"]}`
}

const (
	deployer = `{"AWS":"arn:aws:iam::333333333333:role/deploy"}`
	ofOwner  = `["s3:DeleteBucketPolicy","s3:PutBucketAcl","s3:PutBucketPolicy","s3:PutEncryptionConfiguration",` +
		`"s3:PutObjectAcl"]`
	othersDenied = `{"Sid":"SalveDenyOtherAccounts","Effect":"Deny","Principal":{"AWS":` +
		`["arn:aws:iam::333333333333:role/deploy"]},"Action":` + ofOwner + `,"Resource":["BUCKET","BUCKET/*"]}`
)

func TestOtherAccounts(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.OtherAccounts()[0], Observe: observe, Unrelated: suspendVersions, Delete: deleteBucket,
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			return withPolicy(ctx, t, root, unnamed, letting("Share", deployer, `["s3:GetObject","s3:PutBucketAcl"]`),
				letting("All", deployer, `"s3:*"`), partnerReads)
		},
		Disturb: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			putPolicy(ctx, t, root, resource, policy(letting("Share", `"*"`, `"s3:GetObject"`)))
		},
	})
}

func TestLineOfOtherAccounts(t *testing.T) {
	const own, anybody, gone = `{"AWS":"arn:aws:iam::222222222222:root"}`, `{"AWS":["*"]}`, "AIDAEXAMPLEEXAMPLE123"
	when := func(statement string) string {
		return strings.TrimSuffix(statement, "}") + `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1234567890"}}}`
	}
	shape := func(fails bool, statements ...string) playbooktest.Shape {
		return playbooktest.Shape{Fails: fails, Answers: playbooktest.Answers(&s3.GetBucketPolicyOutput{
			Policy: aws.String(strings.ReplaceAll(policy(statements...), "BUCKET", arnPrefix+"bucket")),
		})}
	}
	refused := func(words string, statements ...string) playbooktest.Shape {
		s := shape(false, statements...)
		s.Class, s.Words = fault.Refused, []string{words}
		return s
	}
	share := letting("A", deployer, `"s3:PutBucketPolicy"`)
	playbooktest.Judged(t, playbook.OtherAccounts()[0], arnPrefix+"bucket", map[string]playbooktest.Shape{
		"a role":              shape(true, share),
		"an account's number": shape(true, letting("A", `{"AWS":"333333333333"}`, ofOwner)),
		"an account's root":   shape(true, letting("A", `{"AWS":["arn:aws:iam::333333333333:root"]}`, `"s3:*"`)),
		"a session":           shape(true, letting("A", `{"AWS":"arn:aws:sts::333333333333:assumed-role/a/b"}`, `"*"`)),
		"one of two":          shape(true, letting("A", `{"AWS":["222222222222","333333333333"]}`, `"s3:PutObjectAcl"`)),
		"an action alone":     shape(true, letting("", deployer, `["s3:PutBucketPolicy"]`)),
		"anybody":             shape(true, letting("A", `"*"`, `["s3:GetObject","s3:putobjectacl"]`)),
		"anybody in a list":   shape(true, letting("", anybody, `["s3:GetObject","s3:PutObjectAcl"]`)),
		"on a condition":      shape(true, when(share)),
		"all but reading": shape(true,
			strings.Replace(letting("A", deployer, `"s3:GetObject"`), `"Action"`, `"NotAction"`, 1)),
		"denied to another": shape(true, letting("A", `{"AWS":"444444444444"}`, `"s3:*"`), othersDenied),

		"no policy":            shape(false, unnamed),
		"reads":                shape(false, letting("A", deployer, `["s3:Get*","s3:PutObject","s3:DeleteObject"]`)),
		"the account itself":   shape(false, letting("A", own, `"s3:*"`)),
		"its number":           shape(false, letting("A", `{"AWS":"222222222222"}`, `"s3:*"`)),
		"a service":            shape(false, letting("A", `{"Service":"logging.s3.amazonaws.com"}`, `"s3:*"`)),
		"somebody deleted":     shape(false, letting("A", `{"AWS":"`+gone+`"}`, `"s3:*"`)),
		"denied":               shape(false, letting("A", deployer, `"s3:*"`), othersDenied),
		"denied to all others": shape(false, share, strings.ReplaceAll(othersDenied, deployer[7:len(deployer)-1], `"*"`)),

		"anybody, alone": refused("take it out", letting("A", `"*"`, `"s3:PutBucketPolicy"`)),
		"anybody, all":   refused("name the actions", letting("A", anybody, `"s3:*"`)),
		"all but one": refused("name the actions",
			strings.Replace(letting("A", deployer, `"s3:*"`), `"Pr`, `"NotPr`, 1)),
		"who knows": refused("cannot tell",
			letting("A", `{"CanonicalUser":"79a59df900b949e5"}`, `"s3:PutObjectAcl"`)),
		"an identity of AWS's":  refused("cannot tell", letting("A", `{"AWS":"arn:aws:iam::cloudfront:user/E1"}`, `"s3:*"`)),
		"beside the deleted":    refused("take "+gone, share, letting("B", `{"AWS":"`+gone+`"}`, `"s3:GetObject"`)),
		"Sid of something else": refused("another Sid", letting("SalveDenyOtherAccounts", deployer, `"s3:*"`)),
		"unreadable":            refused("cannot read", `{"Effect":"Maybe"}`),
	})
}

// What is taken out, and what is denied instead; one statement has all whom it is denied.
//
// better: S3.6 sees a principal in any form, and adds no statement twice
func TestOthersAreDeniedOnce(t *testing.T) {
	c, root := playbook.OtherAccounts()[0], playbooktest.Root(t)
	fourth := letting("Fourth", `{"AWS":"444444444444"}`, `"s3:Put*"`)
	resource := withPolicy(t.Context(), t, root, othersDenied, letting("All", deployer, `"s3:*"`), fourth,
		letting("", `"*"`, `["s3:GetObject","s3:PutBucketAcl"]`))
	env := playbooktest.Env(t, c, resource)
	playbooktest.Fix(t, c, env)
	hasPolicy(t, resource, policy(
		strings.Replace(othersDenied, `:["arn`, `:["444444444444","arn`, 1), letting("All", deployer, `"s3:*"`), fourth,
		letting("", `"*"`, `["s3:GetObject"]`)))
	playbooktest.Planned(t, c, env, "")
}
