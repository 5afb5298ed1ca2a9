package fault_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
)

// refusal is AWS's sentence for a denial with the reason at its end.
func refusal(reason string) error {
	return answer("S3", "PutBucketPolicy", "AccessDenied",
		"User: arn:aws:sts::222222222222:assumed-role/salve-remediation/r1 is not authorized to perform: "+
			`s3:PutBucketPolicy on resource: "arn:aws:s3:::logs" `+reason)
}

func TestDenier(t *testing.T) {
	const scp = "arn:aws:organizations::111111111111:policy/o-a/service_control_policy/p-1"
	tests := map[string]struct {
		err  error
		want string
	}{
		"service control policy": {
			refusal("with an explicit deny in a service control policy"),
			"an explicit deny in a service control policy (SCP)",
		},
		"service control policy, named": {
			refusal("with an explicit deny in a service control policy: " + scp),
			"an explicit deny in a service control policy (SCP) (" + scp + ")",
		},
		"no service control policy": {
			refusal("because no service control policy allows the s3:PutBucketPolicy action"),
			"no service control policy (SCP) allows s3:PutBucketPolicy",
		},
		"resource control policy": {
			refusal("with an explicit deny in a resource control policy"),
			"an explicit deny in a resource control policy (RCP)",
		},
		"boundary": {
			refusal("because no permissions boundary allows the s3:PutBucketPolicy action"),
			"no permissions boundary allows s3:PutBucketPolicy",
		},
		"boundary, explicit": {
			refusal("with an explicit deny in a permissions boundary"), "an explicit deny in a permissions boundary",
		},
		"session": {
			refusal("because no session policy allows the s3:PutBucketPolicy action"),
			"no session policy allows s3:PutBucketPolicy",
		},
		"identity": {
			refusal("with an explicit deny in an identity-based policy"), "an explicit deny in an identity-based policy",
		},
		"resource": {
			refusal("with an explicit deny in a resource-based policy"), "an explicit deny in a resource-based policy",
		},
		"endpoint": {
			refusal("with an explicit deny in a VPC endpoint policy"), "an explicit deny in a VPC endpoint policy",
		},
		"trust": {
			fault.Wrap(fault.NotOnboarded, refusal("because no role trust policy allows the sts:AssumeRole action")),
			"no role trust policy allows sts:AssumeRole",
		},
		"a name that imitates the reason": {
			answer("IAM", "TagUser", "AccessDenied", "no right on user/because no session policy allows the a:b action "+
				"because no identity-based policy allows the iam:TagUser action"),
			"no identity-based policy allows iam:TagUser",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := fault.Denier(tc.err); got != tc.want {
				t.Errorf("Denier = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestDenierIsNotSaid(t *testing.T) {
	for name, err := range map[string]error{
		"not said":     answer("S3", "PutBucketPolicy", "AccessDenied", "Access Denied"),
		"other policy": refusal("with an explicit deny in a made up policy"),
		"not a denial": answer("S3", "PutBucketPolicy", "SlowDown", "explicit deny in a session policy"),
		"no answer":    fault.Wrap(fault.Denied, errors.New("boom")),
	} {
		t.Run(name, func(t *testing.T) {
			if got := fault.Denier(err); got != "" {
				t.Errorf("Denier = %q, want nothing", got)
			}
		})
	}
}

func TestCause(t *testing.T) {
	key := "AKIA" + strings.Repeat("A", 16)
	tests := map[string]struct {
		err  error
		want string
	}{
		"nil": {nil, ""},
		"denied": {
			refusal("because no session policy allows the s3:PutBucketPolicy action"),
			"S3 PutBucketPolicy was denied: no session policy allows s3:PutBucketPolicy.",
		},
		"no role": {
			fault.Wrap(fault.NotOnboarded, refusal("because no role trust policy allows the sts:AssumeRole action")),
			"The account is not onboarded: S3 PutBucketPolicy was denied: no role trust policy allows sts:AssumeRole.",
		},
		"denied, not said": {
			answer("S3", "PutBucketPolicy", "AccessDenied", "Access Denied"),
			"S3 PutBucketPolicy was denied (AccessDenied), AWS does not say by which policy.",
		},
		"timeout": {
			&smithy.OperationError{ServiceID: "KMS", OperationName: "EnableKeyRotation", Err: context.DeadlineExceeded},
			"KMS EnableKeyRotation did not finish in time.",
		},
		"Ctrl-C": {
			&smithy.OperationError{ServiceID: "KMS", OperationName: "EnableKeyRotation", Err: context.Canceled},
			"KMS EnableKeyRotation was interrupted.",
		},
		"throttled": {
			answer("EC2", "DescribeVpcs", "RequestLimitExceeded", "Request limit exceeded."),
			"EC2 DescribeVpcs failed: RequestLimitExceeded, Request limit exceeded.",
		},
		"no message": {answer("S3", "PutBucketAcl", "Odd", ""), "S3 PutBucketAcl failed: Odd."},
		"ours":       {fmt.Errorf("read: %w", errors.New("no such path")), "The step failed: read: no such path."},
		"on the way": {
			&smithy.OperationError{ServiceID: "S3", OperationName: "GetBucketAcl", Err: errors.New("connection reset")},
			"S3 GetBucketAcl failed: connection reset.",
		},
		"encoded message": {
			answer("EC2", "RunInstances", "Odd",
				"Not authorized. Encoded authorization failure message: "+strings.Repeat("x-", 99)),
			"EC2 RunInstances failed: Odd, Not authorized.",
		},
		"access key": {errors.New("key " + key + " is off"), "The step failed: key [key] is off."},
		"presigned": {
			errors.New("get https://b.example/k?X-Amz-Signature=ab: EOF"), "The step failed: get https://b.example/k EOF.",
		},
		"password": {
			errors.New("login with password=hunter2, no"), "The step failed: login with password=[hidden], no.",
		},
		"session token": {errors.New("bad " + strings.Repeat("Ab9/", 20)), "The step failed: bad [hidden]."},
		"hostile": {
			answer("S3", "PutBucketAcl", "Odd", "a\r\nSubject: x\x1b[2J \u202Eb"),
			"S3 PutBucketAcl failed: Odd, a Subject: x[2J b.",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := fault.Cause(tc.err); got != tc.want {
				t.Errorf("Cause\n got %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestCauseIsShort(t *testing.T) {
	long := strings.Repeat("long text ", 1000)
	for name, tc := range map[string]struct {
		err   error
		limit int
	}{
		"of AWS": {answer("S3", "PutBucketAcl", "Odd", long), 220},
		"ours":   {fault.New(fault.Refused, "%s", long), 300},
	} {
		t.Run(name, func(t *testing.T) {
			got := fault.Cause(tc.err)
			if n := plain.Length(got); n > tc.limit || n < tc.limit-10 {
				t.Errorf("%d characters, want as much of %d as there is", n, tc.limit)
			}
		})
	}
}
