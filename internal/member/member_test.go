package member_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/member"
	"github.com/salve-security/salve/internal/names"
)

const bucket = "members-bucket"

// opener is the function's, and keeps what it asks STS for.
func opener(asked *sts.AssumeRoleInput) member.Opener {
	cfg := world.Orchestrator()
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("keep", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			if input, ok := in.Parameters.(*sts.AssumeRoleInput); ok && asked != nil {
				*asked = *input
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	})
	return member.Opener{Hub: cfg, Role: names.MemberRole}
}

// request is one run's: it may read the block of one bucket.
func request(account string) control.SessionRequest {
	return control.SessionRequest{
		Target: control.Target{
			Account: account, Region: world.Region(), Partition: "aws", Resource: "arn:aws:s3:::" + bucket,
		},
		RunID: "r0123456789abcdef", Source: "alice@example.org",
		Actions: []string{"s3:GetBucketPublicAccessBlock"}, Narrow: []string{"arn:aws:s3:::" + bucket},
	}
}

func TestOpenAsksForNoMoreThanTheRunNeeds(t *testing.T) {
	var asked sts.AssumeRoleInput
	o := opener(&asked)
	o.ExternalID = "shared secret"
	cfg, err := o.Open(t.Context(), request(world.Members()[0]))
	if err != nil {
		t.Fatal(err)
	}
	var policy any
	if err := json.Unmarshal([]byte(aws.ToString(asked.Policy)), &policy); err != nil {
		t.Fatalf("session policy %q: %v", aws.ToString(asked.Policy), err)
	}
	want := map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Action": "s3:GetBucketPublicAccessBlock", "Resource": "arn:aws:s3:::" + bucket,
		"Condition": map[string]any{"StringEquals": map[string]any{"aws:RequestedRegion": world.Region()}},
	}}}
	if d := cmp.Diff(want, policy); d != "" {
		t.Errorf("session policy:\n%s", d)
	}
	got := []string{
		aws.ToString(asked.RoleArn), aws.ToString(asked.RoleSessionName), aws.ToString(asked.SourceIdentity),
		aws.ToString(asked.ExternalId),
	}
	if d := cmp.Diff([]string{
		"arn:aws:iam::" + world.Members()[0] + ":role/salve-remediation", "r0123456789abcdef", "alice@example.org",
		"shared secret",
	}, got); d != "" {
		t.Error(d)
	}
	if aws.ToInt32(asked.DurationSeconds) != 900 {
		t.Errorf("the session lasts %d seconds, want the shortest STS allows", aws.ToInt32(asked.DurationSeconds))
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(who.Account) != world.Members()[0] || cfg.Region != world.Region() {
		t.Errorf("the session is in account %s and Region %s", aws.ToString(who.Account), cfg.Region)
	}
}

func TestOpenWithoutNameOrExternalID(t *testing.T) {
	var asked sts.AssumeRoleInput
	r := request(world.Members()[0])
	r.Source = "?"
	if _, err := opener(&asked).Open(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if asked.SourceIdentity != nil || asked.ExternalId != nil {
		t.Errorf("source identity %v, external id %v: STS refuses empty ones", asked.SourceIdentity, asked.ExternalId)
	}
}

// TestDeniedIsNotNotOnboarded: a session that was opened and may not do
// something is another story than an account that nobody prepared.
func TestDeniedIsNotNotOnboarded(t *testing.T) {
	account := world.Members()[0]
	name := bucket
	if _, err := world.S3(account).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	cfg, err := opener(nil).Open(t.Context(), request(account))
	if err != nil {
		t.Fatal(err)
	}
	client := s3.NewFromConfig(cfg, lab.PathStyle)
	_, err = client.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: &name})
	if err != nil && !fault.Unset(err) {
		t.Errorf("what the run may do: %v", err)
	}
	_, err = client.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &name})
	if got := fault.Of(err); got != fault.Denied {
		t.Errorf("what the run may not do: class %q of %v, want denied", got, err)
	}
}

// guarded is an account whose role wants an external id.
func guarded(t *testing.T) string {
	t.Helper()
	account := "555555555555"
	_, err := iam.NewFromConfig(world.Root(account)).CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String(names.MemberRole),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"AWS":"arn:aws:iam::` + world.Hub() + `:role/` + names.FunctionRole + `"},"Action":"sts:AssumeRole",` +
			`"Condition":{"StringEquals":{"sts:ExternalId":"shared secret"}}}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// opening is a request with something wrong in it, and what it must be taken for.
type opening struct {
	change func(*member.Opener, *control.SessionRequest)
	fault  lab.Fault
	want   fault.Class
	says   string
}

func openings(other string) map[string]opening {
	return map[string]opening{
		"as it should be": {change: func(*member.Opener, *control.SessionRequest) {}, want: fault.None},
		"external id right": {
			change: func(o *member.Opener, r *control.SessionRequest) {
				r.Target.Account, o.ExternalID = other, "shared secret"
			},
			want: fault.None,
		},
		"no such account": {
			change: func(_ *member.Opener, r *control.SessionRequest) { r.Target.Account = "444444444444" },
			want:   fault.NotOnboarded, says: "arn:aws:iam::444444444444:role/salve-remediation",
		},
		"no such role": {
			change: func(o *member.Opener, _ *control.SessionRequest) { o.Role = "salve-remediation-old" },
			want:   fault.Denied, says: "salve-remediation-old", // the hub may enter no role of another name
		},
		"external id missing": {
			change: func(_ *member.Opener, r *control.SessionRequest) { r.Target.Account = other },
			want:   fault.NotOnboarded, says: other,
		},
		"external id wrong": {
			change: func(o *member.Opener, r *control.SessionRequest) { r.Target.Account, o.ExternalID = other, "guess" },
			want:   fault.NotOnboarded, says: other,
		},
		"STS is busy": {
			change: func(*member.Opener, *control.SessionRequest) {},
			fault:  lab.Fault{Service: "sts", Operation: "AssumeRole", Error: lab.FaultThrottle}, want: fault.Retry,
		},
		"STS is down": {
			change: func(*member.Opener, *control.SessionRequest) {},
			fault:  lab.Fault{Service: "sts", Operation: "AssumeRole", Error: lab.Fault500}, want: fault.Retry,
		},
		"too many actions": {
			change: func(_ *member.Opener, r *control.SessionRequest) {
				for range 200 {
					r.Actions = append(r.Actions, "s3:Get"+strings.Repeat("A", len(r.Actions)))
				}
			},
			want: fault.Refused, says: "session policy",
		},
		"a resource that reaches further": {
			change: func(_ *member.Opener, r *control.SessionRequest) { r.Narrow = []string{"arn:aws:s3:::*"} },
			want:   fault.Refused, says: "session policy",
		},
	}
}

func TestOpenClassifies(t *testing.T) {
	account := world.Members()[1]
	for name, tc := range openings(guarded(t)) {
		t.Run(name, func(t *testing.T) {
			o, r := opener(nil), request(account)
			if _, err := o.Hub.Credentials.Retrieve(t.Context()); err != nil { // so that faults meet the run's session only
				t.Fatal(err)
			}
			t.Cleanup(world.ClearFaults)
			if tc.fault.Error != "" {
				if err := world.Inject(tc.fault); err != nil {
					t.Fatal(err)
				}
			}
			tc.change(&o, &r)
			cfg, err := o.Open(t.Context(), r)
			if got := fault.Of(err); got != tc.want {
				t.Fatalf("class %q of %v, want %q", got, err, tc.want)
			}
			if err != nil && (cfg.Credentials != nil || !strings.Contains(err.Error(), tc.says)) {
				t.Errorf("credentials %v; error %q, which should say %q", cfg.Credentials, err, tc.says)
			}
		})
	}
}

// TestOpenKnowsTheRoles: a role that this release does not know is not taken for the one it knows.
func TestOpenKnowsTheRoles(t *testing.T) {
	var asked sts.AssumeRoleInput
	r := request(world.Members()[0])
	r.Role = "root"
	if _, err := opener(&asked).Open(t.Context(), r); fault.Of(err) != fault.Refused || asked.RoleArn != nil {
		t.Errorf("%v, asked for %v", err, asked.RoleArn)
	}
	r.Role = control.RoleRemediation
	if _, err := opener(&asked).Open(t.Context(), r); err != nil || asked.RoleArn == nil {
		t.Errorf("%v, asked for %v", err, asked.RoleArn)
	}
}

// TestIdentitiesAreEnteredForWhatAPersonApproved: whoever asks without that is refused before AWS hears of it.
func TestIdentitiesAreEnteredForWhatAPersonApproved(t *testing.T) {
	for name, c := range map[string]struct {
		approved bool
		source   string
		asks     bool
	}{
		"nobody approved it": {false, "alice@example.org", false},
		"nobody is named":    {true, "", false},
		"a name of nothing":  {true, "?", false},
		"approved by alice":  {true, "alice@example.org", true},
	} {
		t.Run(name, func(t *testing.T) {
			var asked sts.AssumeRoleInput
			r := request(world.Members()[0])
			r.Role, r.Approved, r.Source = control.RoleIdentity, c.approved, c.source
			_, err := opener(&asked).Open(t.Context(), r)
			if (fault.Of(err) == fault.Refused) == c.asks || (asked.RoleArn != nil) != c.asks {
				t.Fatalf("%v, asked for %v", err, asked.RoleArn)
			}
			if c.asks && (!strings.HasSuffix(*asked.RoleArn, ":role/salve-remediation-iam") ||
				*asked.SourceIdentity != c.source) {
				t.Errorf("asked for %s as %s", *asked.RoleArn, *asked.SourceIdentity)
			}
		})
	}
}
