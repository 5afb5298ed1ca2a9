package calls_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/calls"
)

var errStop = errors.New("stopped before it was sent")

// offline is a configuration whose calls end behind the recorder.
func offline() aws.Config {
	return aws.Config{Region: "eu-west-1", APIOptions: []func(*middleware.Stack) error{stop}}
}

func stop(s *middleware.Stack) error {
	return s.Serialize.Add(middleware.SerializeMiddlewareFunc("Stop", func(
		context.Context, middleware.SerializeInput, middleware.SerializeHandler,
	) (out middleware.SerializeOutput, meta middleware.Metadata, err error) {
		return out, meta, errStop
	}), middleware.Before)
}

func TestRecorder(t *testing.T) {
	cfg := offline()
	recorded := cfg.Copy()
	var r calls.Recorder
	r.AddTo(&recorded)
	for _, c := range []aws.Config{recorded, cfg, recorded} {
		client := s3.NewFromConfig(c)
		if _, err := client.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{
			Bucket: aws.String("logs"),
		}); !errors.Is(err, errStop) {
			t.Fatalf("call ended with %v", err)
		}
	}
	if _, err := s3.NewFromConfig(recorded).ListBuckets(t.Context(), nil); !errors.Is(err, errStop) {
		t.Fatalf("call ended with %v", err)
	}
	get, list := "s3:GetBucketPublicAccessBlock", "s3:ListAllMyBuckets"
	if d := cmp.Diff([]string{get, get, list}, r.Calls()); d != "" {
		t.Errorf("Calls, in order and only of the configuration it was added to:\n%s", d)
	}
	if d := cmp.Diff([]string{get, list}, r.Actions()); d != "" {
		t.Errorf("Actions:\n%s", d)
	}
	if d := cmp.Diff([]string{get, get, list}, r.Drain()); d != "" {
		t.Errorf("Drain:\n%s", d)
	}
	if left := r.Calls(); len(left) != 0 {
		t.Errorf("Drain left %v", left)
	}
}

// A copy of the configuration must not see options that were added to another copy.
func TestRecorderLeavesOtherCopiesAlone(t *testing.T) {
	cfg := offline()
	cfg.APIOptions = append(make([]func(*middleware.Stack) error, 0, 8), stop)
	var one, two calls.Recorder
	a, b := cfg.Copy(), cfg.Copy()
	one.AddTo(&a)
	two.AddTo(&b)
	_, _ = s3.NewFromConfig(a).ListBuckets(t.Context(), nil)
	if len(one.Calls()) != 1 || len(two.Calls()) != 0 {
		t.Errorf("recorded %v and %v, want one call in the first", one.Calls(), two.Calls())
	}
}

func TestAction(t *testing.T) {
	tests := map[string]struct{ service, operation, want string }{
		"by rule":           {"IAM", "UpdateAccountPasswordPolicy", "iam:UpdateAccountPasswordPolicy"},
		"two words":         {"Auto Scaling", "UpdateAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup"},
		"other prefix":      {"CloudWatch Logs", "PutRetentionPolicy", "logs:PutRetentionPolicy"},
		"second generation": {"Elastic Load Balancing v2", "SetSecurityGroups", "elasticloadbalancing:SetSecurityGroups"},
		"method of HTTP":    {"ApiGatewayV2", "UpdateStage", "apigateway:PATCH"},
		"reading method":    {"API Gateway", "GetStage", "apigateway:GET"},
		"other name":        {"S3", "PutBucketEncryption", "s3:PutEncryptionConfiguration"},
		"delete is put":     {"S3", "DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock"},
		"of the account":    {"S3 Control", "PutPublicAccessBlock", "s3:PutAccountPublicAccessBlock"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := calls.Action(tc.service, tc.operation); got != tc.want {
				t.Errorf("Action(%q, %q) = %q, want %q", tc.service, tc.operation, got, tc.want)
			}
		})
	}
}
