package s3_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
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
		seed   func(context.Context, *testing.T, aws.Config) string
		unseen map[string]string
	}{
		"no policy": {seed: newBucket},
		"policy of others": {
			seed:   withPolicy(partnerReads, unnamed),
			unseen: map[string]string{"s3:DeleteBucketPolicy": "the policy of the others stays"},
		},
		"half of it": {
			seed:   withPolicy(unnamed, halfTLS),
			unseen: map[string]string{"s3:DeleteBucketPolicy": "there was a policy before"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			playbooktest.Run(t, playbooktest.Suite{
				Control:   playbook.RequireTLS()[0],
				Seed:      start.seed,
				Observe:   observePolicy,
				Disturb:   narrowToFolder,
				Unrelated: suspendVersions,
				Delete:    deleteBucket,
				Unseen:    start.unseen,
			})
		})
	}
}

// withPolicy makes a bucket with the statements.
func withPolicy(statements ...string) func(context.Context, *testing.T, aws.Config) string {
	return func(ctx context.Context, t *testing.T, root aws.Config) string {
		t.Helper()
		resource := newBucket(ctx, t, root)
		putPolicy(ctx, t, root, resource, statements...)
		return resource
	}
}

func putPolicy(ctx context.Context, t *testing.T, root aws.Config, resource string, statements ...string) {
	t.Helper()
	text := `{"Version":"2012-10-17","Id":"own","Statement":[` + strings.Join(statements, ",") + `]}`
	must(t)(rootClient(root).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
		Bucket: bucketName(resource), Policy: aws.String(strings.ReplaceAll(text, "BUCKET", resource)),
	}))
}

// policyOf is the policy of a bucket with BUCKET for its ARN, nil where there is none.
func policyOf(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	out, err := rootClient(root).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: bucketName(resource)})
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "NoSuchBucketPolicy" {
		return nil
	}
	must(t)(out, err)
	var policy any
	must(t)(nil, json.Unmarshal([]byte(strings.ReplaceAll(*out.Policy, resource, "BUCKET")), &policy))
	return policy
}

func observePolicy(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	versions, err := rootClient(root).GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: bucketName(resource)})
	must(t)(versions, err)
	return []any{policyOf(ctx, t, root, resource), string(versions.Status)}
}

// narrowToFolder is somebody who makes our statement smaller.
func narrowToFolder(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	putPolicy(ctx, t, root, resource, strings.Replace(tls, `["BUCKET","BUCKET/*"]`, `"BUCKET/in/*"`, 1))
}

// statements are the statements of a bucket's policy.
func statements(t *testing.T, root aws.Config, resource string) []any {
	t.Helper()
	policy, _ := policyOf(t.Context(), t, root, resource).(map[string]any)
	list, _ := policy["Statement"].([]any)
	return list
}

// What counts is what a statement says. A statement that already says it is left alone, under whatever name.
func TestTLSIsRequiredAlready(t *testing.T) {
	for name, tc := range map[string]struct {
		statement string
		already   bool
	}{
		"ours":                 {tls, true},
		"another name":         {strings.Replace(tls, "SalveRequireTLS", "AllowSSLRequestsOnly", 1), true},
		"no name":              {strings.Replace(tls, `"Sid":"SalveRequireTLS",`, "", 1), true},
		"lists":                {strings.NewReplacer(`"*"`, `{"AWS":["*"]}`, `"s3:*"`, `["S3:*"]`).Replace(tls), true},
		"boolean":              {strings.Replace(tls, `"false"`, `[false]`, 1), true},
		"key in small letters": {strings.Replace(tls, "SecureTransport", "securetransport", 1), true},
		"if exists":            {strings.Replace(tls, `"Bool"`, `"BoolIfExists"`, 1), true},
		"one of three of a name": {
			strings.Replace(tls, "SalveRequireTLS", "Partner", 1) + "," +
				strings.Replace(auditorReads, "Audit", "Partner", 1), true,
		},
		"one wildcard":   {strings.Replace(tls, `["BUCKET","BUCKET/*"]`, `"BUCKET*"`, 1), true},
		"every resource": {strings.Replace(tls, `["BUCKET","BUCKET/*"]`, `"*"`, 1), true},

		"objects only":    {halfTLS, false},
		"bucket only":     {strings.Replace(tls, `["BUCKET","BUCKET/*"]`, `"BUCKET"`, 1), false},
		"a folder":        {strings.Replace(tls, `"BUCKET/*"`, `"BUCKET/in/*"`, 1), false},
		"one action":      {strings.Replace(tls, "s3:*", "s3:GetObject", 1), false},
		"one principal":   {strings.Replace(tls, `"*"`, `{"AWS":"arn:aws:iam::333333333333:root"}`, 1), false},
		"another kind":    {strings.Replace(tls, `"*"`, `{"Service":"*"}`, 1), false},
		"allows":          {strings.NewReplacer("Deny", "Allow", "SalveRequireTLS", "Open").Replace(tls), false},
		"the other way":   {strings.NewReplacer(`"false"`, `"true"`, "SalveRequireTLS", "Odd").Replace(tls), false},
		"all but":         {strings.Replace(tls, `"Principal":`, `"Principal":"*","NotPrincipal":`, 1), false},
		"second key":      {strings.Replace(tls, `"false"`, `"false","aws:ViaAWSService":"false"`, 1), false},
		"second operator": {strings.Replace(tls, `"Bool":`, `"StringEquals":{"aws:Referer":"x"},"Bool":`, 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			resource := withPolicy(partnerReads, tc.statement)(t.Context(), t, playbooktest.Root(t))
			c := playbook.RequireTLS()[0]
			plan, err := c.Plan(t.Context(), playbooktest.Env(t, c, resource))
			must(t)(plan, err)
			if plan.Empty() != tc.already {
				t.Errorf("taken for compliant: %v, changes:\n%s", plan.Empty(), plan)
			}
		})
	}
}

// Other statements stay byte for byte what they say and where they are; a second run adds nothing.
func TestStatementsOfOthersStay(t *testing.T) {
	root := playbooktest.Root(t)
	resource := withPolicy(partnerReads, unnamed)(t.Context(), t, root)
	before := statements(t, root, resource)
	c := playbook.RequireTLS()[0]
	for range 2 {
		env := playbooktest.Env(t, c, resource)
		plan, err := c.Plan(t.Context(), env)
		must(t)(plan, err)
		must(t)(nil, c.Apply(t.Context(), env, plan))
	}
	var own any
	must(t)(nil, json.Unmarshal([]byte(tls), &own))
	if d := cmp.Diff(append(before, own), statements(t, root, resource)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A statement that somebody adds after the plan, or after the fix, survives the fix and its undo.
func TestStatementAddedMeanwhile(t *testing.T) {
	root := playbooktest.Root(t)
	resource := newBucket(t.Context(), t, root)
	c := playbook.RequireTLS()[0]
	env := playbooktest.Env(t, c, resource)
	plan, err := c.Plan(t.Context(), env)
	must(t)(plan, err)
	putPolicy(t.Context(), t, root, resource, auditorReads)
	must(t)(nil, c.Apply(t.Context(), env, plan))
	if got := len(statements(t, root, resource)); got != 2 {
		t.Errorf("%d statements after the fix, want the auditor's and ours", got)
	}
	putPolicy(t.Context(), t, root, resource, auditorReads, tls, partnerReads)
	undo, err := c.PlanUndo(t.Context(), env, plan.Changes)
	must(t)(undo, err)
	must(t)(nil, c.Apply(t.Context(), env, undo))
	var want []any
	must(t)(nil, json.Unmarshal([]byte("["+auditorReads+","+partnerReads+"]"), &want))
	if d := cmp.Diff(want, statements(t, root, resource)); d != "" {
		t.Errorf("after the undo (-want +got):\n%s", d)
	}
}

// Our statement, changed between plan and write.
func TestStatementChangedBeforeTheWrite(t *testing.T) {
	root := playbooktest.Root(t)
	resource := withPolicy(halfTLS)(t.Context(), t, root)
	c := playbook.RequireTLS()[0]
	env := playbooktest.Env(t, c, resource)
	plan, err := c.Plan(t.Context(), env)
	must(t)(plan, err)
	narrowToFolder(t.Context(), t, root, resource)
	changed := statements(t, root, resource)
	if err := c.Apply(t.Context(), env, plan); fault.Of(err) != fault.Drifted {
		t.Errorf("want an error of class drifted, got %v (%s)", err, fault.Of(err))
	}
	if d := cmp.Diff(changed, statements(t, root, resource)); d != "" {
		t.Errorf("somebody else's change was overwritten (-before +now):\n%s", d)
	}
}

// Replacing a statement that only has the same name could take rights away that nobody asked about.
func TestSidOfAnother(t *testing.T) {
	root := playbooktest.Root(t)
	for name, statement := range map[string]string{
		"allows":       strings.Replace(auditorReads, "Audit", "SalveRequireTLS", 1),
		"other denial": strings.Replace(unnamed, `{"Effect"`, `{"Sid":"SalveRequireTLS","Effect"`, 1),
		// Its empty text would be lost in what an undo knows.
		"cannot be put back": strings.Replace(halfTLS, `"Bool"`, `"StringNotEquals":{"aws:PrincipalTag/team":""},"Bool"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			resource := withPolicy(statement)(t.Context(), t, root)
			c := playbook.RequireTLS()[0]
			_, err := c.Plan(t.Context(), playbooktest.Env(t, c, resource))
			if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "SalveRequireTLS") {
				t.Errorf("want an error of class refused that names the statement, got %v (%s)", err, fault.Of(err))
			}
		})
	}
}

// Two statements of one name, as other tools leave them, and a policy that is no list, are read like any other.
func TestOddPolicies(t *testing.T) {
	root := playbooktest.Root(t)
	twin := strings.Replace(partnerReads, "s3:GetObject", "s3:GetObjectTagging", 1)
	for name, policy := range map[string]string{
		"one name twice": `{"Version":"2008-10-17","Statement":[` + partnerReads + `,` + twin + `,` + partnerReads + `]}`,
		"no list":        `{"Statement":` + partnerReads + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			resource := newBucket(t.Context(), t, root)
			must(t)(rootClient(root).PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{
				Bucket: bucketName(resource), Policy: aws.String(strings.ReplaceAll(policy, "BUCKET", resource)),
			}))
			c := playbook.RequireTLS()[0]
			env := playbooktest.Env(t, c, resource)
			plan, err := c.Plan(t.Context(), env)
			must(t)(plan, err)
			must(t)(nil, c.Apply(t.Context(), env, plan))
			var want map[string]any
			must(t)(nil, json.Unmarshal([]byte(policy), &want))
			list, many := want["Statement"].([]any)
			if !many {
				list = []any{want["Statement"]}
			}
			var own any
			must(t)(nil, json.Unmarshal([]byte(tls), &own))
			want["Statement"] = append(list, own)
			if d := cmp.Diff(any(want), policyOf(t.Context(), t, root, resource)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestRequireTLSPlan(t *testing.T) {
	resource := newBucket(t.Context(), t, playbooktest.Root(t))
	c := playbook.RequireTLS()[0]
	plan, err := c.Plan(t.Context(), playbooktest.Env(t, c, resource))
	must(t)(plan, err)
	want := `  + SalveRequireTLS {"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny",` +
		`"Principal":"*","Resource":["BUCKET","BUCKET/*"],"Sid":"SalveRequireTLS"}` + "\n"
	if d := cmp.Diff(want, strings.ReplaceAll(plan.String(), resource, "BUCKET")); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
