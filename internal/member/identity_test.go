package member_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/member"
)

// sayso is an STS that answers AssumeRole by the source identity that is asked for, and keeps it.
func sayso(asked *[]string, answer func(source string) error) member.Opener {
	cfg := aws.Config{Region: "eu-west-1"}
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("answer", func(
			_ context.Context, in middleware.InitializeInput, _ middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			input, _ := in.Parameters.(*sts.AssumeRoleInput)
			source := aws.ToString(input.SourceIdentity)
			*asked = append(*asked, source)
			if err := answer(source); err != nil {
				return middleware.InitializeOutput{}, middleware.Metadata{}, err
			}
			return middleware.InitializeOutput{Result: &sts.AssumeRoleOutput{Credentials: &types.Credentials{
					AccessKeyId: aws.String("key"), SecretAccessKey: aws.String("secret"), SessionToken: aws.String("token"),
					Expiration: aws.Time(time.Now().Add(time.Hour)),
				}, AssumedRoleUser: &types.AssumedRoleUser{Arn: aws.String("arn:aws:sts::222222222222:assumed-role/r/s")}}},
				middleware.Metadata{}, nil
		}), middleware.Before)
	})
	return member.Opener{Hub: cfg, Role: "salve-remediation"}
}

// TestSourceIdentityThatIsThere: a caller whose session names its person may name
// no other: it is asked once more without ours. What stays denied says by whom.
func TestSourceIdentityThatIsThere(t *testing.T) {
	denial := func(why string) error {
		return &smithy.GenericAPIError{Code: "AccessDenied", Message: "User: x is not authorized to perform: " + why}
	}
	tests := map[string]struct {
		source string
		answer func(string) error
		asked  []string
		want   fault.Class
	}{
		"ours is taken": {"alice", func(string) error { return nil }, []string{"alice"}, fault.None},
		"another is there": {"alice", func(source string) error {
			if source != "" {
				return denial("sts:SetSourceIdentity on resource: y")
			}
			return nil
		}, []string{"alice", ""}, fault.None},
		"no role": {
			"alice", func(string) error { return denial("sts:AssumeRole on resource: y") },
			[]string{"alice", ""},
			fault.NotOnboarded,
		},
		"an SCP": {"alice", func(string) error {
			return denial("sts:AssumeRole on resource: y with an explicit deny in a service control policy")
		}, []string{"alice", ""}, fault.Denied},
		"without a name": {
			"", func(string) error { return denial("sts:AssumeRole on resource: y") }, []string{""}, fault.NotOnboarded,
		},
		"busy": {"alice", func(string) error {
			return &smithy.GenericAPIError{Code: "Throttling", Message: "Rate exceeded"}
		}, []string{"alice"}, fault.Retry},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var asked []string
			_, err := sayso(&asked, tc.answer).Open(t.Context(), control.SessionRequest{
				Target: control.Target{Account: "222222222222", Region: "eu-west-1", Partition: "aws"},
				RunID:  "r0123456789abcdef", Source: tc.source, Actions: []string{"sts:GetCallerIdentity"},
			})
			if got := fault.Of(err); got != tc.want {
				t.Errorf("class %q of %v, want %q", got, err, tc.want)
			}
			if d := cmp.Diff(tc.asked, asked); d != "" {
				t.Errorf("asked:\n%s", d)
			}
		})
	}
}
