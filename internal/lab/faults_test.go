package lab

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
)

// oneCall is a harmless call in one of the protocols, with the codes its faults must have.
type oneCall struct {
	service, operation, throttle, broken string
	call                                 func(ctx context.Context, config aws.Config) error
}

func calls() map[string]oneCall {
	return map[string]oneCall{
		"json 1.0": {"dynamodb", "ListTables", "ThrottlingException", "InternalServerError", func(
			ctx context.Context, config aws.Config,
		) error {
			_, err := dynamodb.NewFromConfig(config).ListTables(ctx, nil)
			return err
		}},
		"json 1.0, query compatible": {"sqs", "ListQueues", "ThrottlingException", "InternalServerError", func(
			ctx context.Context, config aws.Config,
		) error {
			_, err := sqs.NewFromConfig(config).ListQueues(ctx, nil)
			return err
		}},
		"json 1.1": {"logs", "DescribeLogGroups", "ThrottlingException", "InternalFailure", func(
			ctx context.Context, config aws.Config,
		) error {
			_, err := cloudwatchlogs.NewFromConfig(config).DescribeLogGroups(ctx, nil)
			return err
		}},
		"query": {"sts", "GetCallerIdentity", "Throttling", "InternalFailure", func(
			ctx context.Context, config aws.Config,
		) error {
			_, err := sts.NewFromConfig(config).GetCallerIdentity(ctx, nil)
			return err
		}},
		"query, CloudWatch": {"monitoring", "ListMetrics", "Throttling", "InternalFailure", func(
			ctx context.Context, config aws.Config,
		) error {
			_, err := cloudwatch.NewFromConfig(config).ListMetrics(ctx, nil)
			return err
		}},
		"ec2": {"ec2", "DescribeVpcs", "RequestLimitExceeded", "InternalError", func(
			ctx context.Context, config aws.Config,
		) error {
			_, err := ec2.NewFromConfig(config).DescribeVpcs(ctx, nil)
			return err
		}},
		"rest-xml": {"s3", "GetPublicAccessBlock", "SlowDown", "InternalError", func(
			ctx context.Context, config aws.Config,
		) error {
			_, err := s3.NewFromConfig(config, PathStyle).GetPublicAccessBlock(ctx,
				&s3.GetPublicAccessBlockInput{Bucket: aws.String("one")})
			return err
		}},
		"rest-json, emulator": {"lambda", "ListFunctions", "TooManyRequestsException", "ServiceException", func(
			ctx context.Context, config aws.Config,
		) error {
			_, err := lambda.NewFromConfig(config).ListFunctions(ctx, nil)
			return err
		}},
		"rest-json, handler": {"securityhub", "GetFindings", "TooManyRequestsException", "InternalException", func(
			ctx context.Context, config aws.Config,
		) error {
			_, err := securityhub.NewFromConfig(config).GetFindings(ctx, &securityhub.GetFindingsInput{})
			return err
		}},
	}
}

func TestFaultsSpeakEveryProtocol(t *testing.T) {
	l := fresh(t)
	bucketOne(t, l, l.Hub())
	got[*s3.PutPublicAccessBlockOutput](t)(l.S3(l.Hub()).PutPublicAccessBlock(t.Context(), blockPublic("one")))
	for name, tc := range calls() {
		t.Run(name, func(t *testing.T) {
			for kind, want := range map[string]string{
				FaultThrottle: tc.throttle, Fault500: tc.broken, "LimitExceededException": "LimitExceededException",
			} {
				must(t, l.Inject(Fault{Service: tc.service, Operation: tc.operation, Error: kind, Count: 1}))
				if have := code(tc.call(t.Context(), once(l, l.Hub()))); have != want {
					t.Errorf("%s: got %s, want %s", kind, have, want)
				}
			}
			must(t, l.Inject(Fault{Service: tc.service, Operation: tc.operation, Error: FaultDrop, Count: 1}))
			if err := tc.call(t.Context(), once(l, l.Hub())); !strings.HasSuffix(err.Error(), "EOF") {
				t.Errorf("drop: got %v, want the connection cut", err)
			}
			must(t, l.Inject(Fault{Service: tc.service, Operation: tc.operation, Error: FaultTimeout, Count: 1}))
			short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := tc.call(short, once(l, l.Hub())); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("timeout: got %v, want no answer", err)
			}
			if err := tc.call(t.Context(), once(l, l.Hub())); err != nil {
				t.Errorf("after the faults: %v", err)
			}
			l.ClearFaults()
		})
	}
}

func TestDroppedCallsAreExecuted(t *testing.T) {
	l := fresh(t)
	create := func(name string) error {
		_, err := s3.NewFromConfig(once(l, memberOne), PathStyle).CreateBucket(t.Context(),
			&s3.CreateBucketInput{Bucket: aws.String(name)})
		return err
	}
	exists := func(name string) bool {
		_, err := l.S3(memberOne).HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String(name)})
		return err == nil
	}
	for kind, executed := range map[string]bool{FaultDrop: true, Fault500: false, FaultThrottle: false} {
		must(t, l.Inject(Fault{Service: "s3", Operation: "CreateBucket", Error: kind, Count: 1}))
		if err := create("b" + kind); err == nil {
			t.Errorf("%s: no error", kind)
		}
		if exists("b"+kind) != executed {
			t.Errorf("%s: executed is %v, want %v", kind, !executed, executed)
		}
		l.ClearFaults()
	}
}

func TestFaultsAreCountedNotRolled(t *testing.T) {
	for name, tc := range map[string]struct {
		fault Fault
		want  string // one letter per call: p passes, f fails
	}{
		"all":                  {Fault{Service: "s3", Operation: "PutObject", Error: Fault500}, "ffffff"},
		"after two, twice":     {Fault{Service: "s3", Error: Fault500, After: 2, Count: 2}, "ppffpp"},
		"every third":          {Fault{Error: Fault500, Rate: 1.0 / 3}, "ppfppf"},
		"by IAM action":        {Fault{Operation: "PutObjectAction", Error: Fault500}, "ffffff"},
		"another service":      {Fault{Service: "sqs", Error: Fault500}, "pppppp"},
		"another operation":    {Fault{Operation: "GetObject", Error: Fault500}, "pppppp"},
		"case does not matter": {Fault{Service: "S3", Operation: "putobject", Error: Fault500, Count: 1}, "fppppp"},
	} {
		t.Run(name, func(t *testing.T) {
			var list faults
			must(t, list.add(tc.fault))
			have := ""
			for range tc.want {
				letter := "p"
				if list.hit(&call{service: "s3", operation: "PutObject", action: "s3:PutObjectAction"}) != "" {
					letter = "f"
				}
				have += letter
			}
			if have != tc.want {
				t.Errorf("got %s, want %s", have, tc.want)
			}
		})
	}
}

func TestFaultsAreValidated(t *testing.T) {
	for name, fault := range map[string]Fault{
		"no error":       {Service: "s3"},
		"unknown error":  {Error: "explode"},
		"rate above one": {Error: Fault500, Rate: 2},
		"negative count": {Error: Fault500, Count: -1},
	} {
		if err := new(faults).add(fault); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestCBORErrors(t *testing.T) {
	c := &call{header: http.Header{"Smithy-Protocol": {"rpc-v2-cbor"}}, service: "monitoring"}
	have := throttle("monitoring", protocolOf(c)).answer(cbor)
	want := "\xa2\x78\x06__type\x78\x13ThrottlingException\x78\x07message\x78\x0dRate exceeded"
	if diff := cmp.Diff(want, string(have.body)); diff != "" {
		t.Error(diff)
	}
}
