package s3_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/s3"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// Statements that a bucket may have; BUCKET stands for its ARN.
const (
	partnerReads = `{"Sid":"Partner","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::333333333333:root"},
		"Action":"s3:GetObject","Resource":"BUCKET/*","Condition":{"StringEquals":{"aws:PrincipalTag/team":""}}}`
	unnamed = `{"Effect":"Deny","Principal":"*","Action":["s3:PutObject"],"Resource":["BUCKET/*"],
		"Condition":{"NumericLessThan":{"s3:TlsVersion":1.2}}}`
	tls = `{"Sid":"SalveRequireTLS","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["BUCKET","BUCKET/*"],
		"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	halfTLS = `{"Sid":"SalveRequireTLS","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"BUCKET/*",
		"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	auditorReads = `{"Sid":"Audit","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},
		"Action":"s3:ListBucket","Resource":"BUCKET"}`
)

func TestRequireTLS(t *testing.T) {
	for name, start := range map[string]struct {
		statements []string
		unseen     map[string]string
	}{
		"no policy": {},
		"policy of others": {
			[]string{partnerReads, unnamed}, map[string]string{"s3:DeleteBucketPolicy": "the policy of the others stays"},
		},
		"half of it": {
			[]string{unnamed, halfTLS}, map[string]string{"s3:DeleteBucketPolicy": "there was a policy before"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			playbooktest.Run(t, playbooktest.Suite{
				Control: playbooktest.Pick(t, playbook.RequireTLS(), "S3.5"),
				Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
					return withPolicy(ctx, t, root, start.statements...)
				},
				Observe:   observe,
				Disturb:   narrowToFolder,
				Unrelated: suspendVersions,
				Delete:    deleteBucket,
				Unseen:    start.unseen,
			})
		})
	}
}

// withPolicy makes a bucket with the statements.
func withPolicy(ctx context.Context, t *testing.T, root aws.Config, statements ...string) string {
	resource := newBucket(ctx, t, root)
	if len(statements) > 0 {
		putPolicy(ctx, t, root, resource, policy(statements...))
	}
	return resource
}

func policy(statements ...string) string {
	return `{"Version":"2012-10-17","Id":"own","Statement":[` + strings.Join(statements, ",") + `]}`
}

func putPolicy(ctx context.Context, t *testing.T, root aws.Config, resource, text string) {
	playbooktest.Got(admin(root).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
		Bucket: bucketName(resource), Policy: aws.String(strings.ReplaceAll(text, "BUCKET", resource)),
	}))(t)
}

// narrowToFolder is somebody who makes our statement smaller.
func narrowToFolder(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	putPolicy(ctx, t, root, resource, policy(strings.Replace(tls, `["BUCKET","BUCKET/*"]`, `"BUCKET/in/*"`, 1)))
}

// hasPolicy wants a bucket to have the policy, whatever blanks it is written with.
func hasPolicy(t *testing.T, resource, text string) {
	t.Helper()
	var want any
	playbooktest.Done(t, json.Unmarshal([]byte(text), &want))
	if d := cmp.Diff(want, observe(t.Context(), t, playbooktest.Root(t), resource).(seen).Policy); d != "" {
		t.Errorf("policy (-want +got):\n%s", d)
	}
}

// What counts is what a statement says, under whatever name: policydoc has the cases.
func TestPolicyIsFull(t *testing.T) {
	root, c := playbooktest.Root(t), playbooktest.Pick(t, playbook.RequireTLS(), "S3.5")
	statement := strings.Replace(partnerReads, `"aws:PrincipalTag/team":""`,
		`"aws:PrincipalTag/team":"`+strings.Repeat("x", 20100)+`"`, 1)
	env := playbooktest.Env(t, c, withPolicy(t.Context(), t, root, statement))
	_, err := c.Plan(t.Context(), env)
	playbooktest.Fails(t, err, fault.Refused, "AWS takes 20480", "shorten its other statements by")
}

// better: S3.5 finds its own statement by its meaning, and adds none twice
func TestTLSIsRequiredAlready(t *testing.T) {
	c := playbooktest.Pick(t, playbook.RequireTLS(), "S3.5")
	another := strings.Replace(tls, "SalveRequireTLS", "AllowSSLRequestsOnly", 1)
	for name, tc := range map[string]struct {
		statements []string
		already    bool
	}{
		"ours":         {[]string{tls}, true},
		"another name": {[]string{another}, true},
		"one of three of a name": {
			[]string{
				strings.Replace(tls, "SalveRequireTLS", "Partner", 1), strings.Replace(auditorReads, "Audit", "Partner", 1),
			}, true,
		},
		"objects only":   {[]string{halfTLS}, false},
		"another allows": {[]string{strings.Replace(another, "Deny", "Allow", 1)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			resource := withPolicy(t.Context(), t, playbooktest.Root(t), append(tc.statements, partnerReads)...)
			plan := playbooktest.Got(c.Plan(t.Context(), playbooktest.Env(t, c, resource)))(t)
			if plan.Empty() != tc.already {
				t.Errorf("taken for compliant: %v, changes:\n%s", plan.Empty(), plan)
			}
		})
	}
}

// Other statements stay what they say and where they are. Two of one name, as other tools leave them, and a policy
// that is no list, are read like any other.
func TestStatementsOfOthersStay(t *testing.T) {
	c := playbooktest.Pick(t, playbook.RequireTLS(), "S3.5")
	twin := strings.Replace(partnerReads, "s3:GetObject", "s3:GetObjectTagging", 1)
	for name, tc := range map[string]struct{ before, after string }{
		"others":         {policy(partnerReads, unnamed), policy(partnerReads, unnamed, tls)},
		"one name twice": {policy(partnerReads, twin, partnerReads), policy(partnerReads, twin, partnerReads, tls)},
		"no list":        {`{"Statement":` + partnerReads + `}`, `{"Statement":[` + partnerReads + `,` + tls + `]}`},
	} {
		t.Run(name, func(t *testing.T) {
			resource := newBucket(t.Context(), t, playbooktest.Root(t))
			putPolicy(t.Context(), t, playbooktest.Root(t), resource, tc.before)
			playbooktest.Fix(t, c, playbooktest.Env(t, c, resource))
			hasPolicy(t, resource, tc.after)
		})
	}
}

// A statement that somebody adds after the plan, or after the fix, survives the fix and its undo.
func TestStatementAddedMeanwhile(t *testing.T) {
	c, root := playbooktest.Pick(t, playbook.RequireTLS(), "S3.5"), playbooktest.Root(t)
	resource := newBucket(t.Context(), t, root)
	env := playbooktest.Env(t, c, resource)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	putPolicy(t.Context(), t, root, resource, policy(auditorReads))
	playbooktest.Done(t, c.Apply(t.Context(), env, plan))
	hasPolicy(t, resource, policy(auditorReads, tls))
	putPolicy(t.Context(), t, root, resource, policy(auditorReads, tls, partnerReads))
	playbooktest.Undo(t, c, env, plan.Changes)
	hasPolicy(t, resource, policy(auditorReads, partnerReads))
}

// Our statement, changed between plan and write.
func TestStatementChangedBeforeTheWrite(t *testing.T) {
	c, root := playbooktest.Pick(t, playbook.RequireTLS(), "S3.5"), playbooktest.Root(t)
	resource := withPolicy(t.Context(), t, root, halfTLS)
	env := playbooktest.Env(t, c, resource)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	narrowToFolder(t.Context(), t, root, resource)
	changed := observe(t.Context(), t, root, resource)
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Drifted)
	if d := cmp.Diff(changed, observe(t.Context(), t, root, resource)); d != "" {
		t.Errorf("somebody else's change was overwritten (-before +now):\n%s", d)
	}
}

// Replacing a statement that only has the same name could take rights away that nobody asked about.
func TestSidOfAnother(t *testing.T) {
	c := playbooktest.Pick(t, playbook.RequireTLS(), "S3.5")
	for name, statement := range map[string]string{
		"allows":       strings.Replace(auditorReads, "Audit", "SalveRequireTLS", 1),
		"other denial": strings.Replace(unnamed, `{"Effect"`, `{"Sid":"SalveRequireTLS","Effect"`, 1),
		// Its empty text would be lost in what an undo knows.
		"cannot be put back": strings.Replace(halfTLS, `"Bool"`, `"StringNotEquals":{"aws:PrincipalTag/team":""},"Bool"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			resource := withPolicy(t.Context(), t, playbooktest.Root(t), statement)
			_, err := c.Plan(t.Context(), playbooktest.Env(t, c, resource))
			playbooktest.Fails(t, err, fault.Refused, "SalveRequireTLS")
		})
	}
}
