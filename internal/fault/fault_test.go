package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/salve-security/salve/internal/fault"
)

// answer builds the error the SDK returns for an error code.
func answer(service, operation, code, message string) error {
	return &smithy.OperationError{
		ServiceID: service, OperationName: operation,
		Err: status(400, http.Header{}, &smithy.GenericAPIError{Code: code, Message: message}),
	}
}

// status wraps err in an HTTP answer.
func status(code int, header http.Header, err error) error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: code, Header: header}},
		Err:      err,
	}
}

func canceled(reasons ...string) error {
	err := &ddb.TransactionCanceledException{Message: aws.String("Transaction cancelled")}
	for _, reason := range reasons {
		err.CancellationReasons = append(err.CancellationReasons, ddb.CancellationReason{Code: aws.String(reason)})
	}
	err.CancellationReasons = append(err.CancellationReasons, ddb.CancellationReason{})
	return &smithy.OperationError{ServiceID: "DynamoDB", OperationName: "TransactWriteItems", Err: err}
}

// classes are errors and what each of them means.
type classes map[string]struct {
	err  error
	want fault.Class
}

func (tests classes) run(t *testing.T) {
	t.Helper()
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := fault.Of(tc.err); got != tc.want {
				t.Errorf("Of(%v) = %q, want %q", tc.err, got, tc.want)
			}
		})
	}
}

func TestOfGiven(t *testing.T) {
	base := errors.New("boom")
	stsDenied := answer("STS", "AssumeRole", "AccessDenied", "")
	classes{
		"nil":                  {nil, fault.None},
		"nobody knows":         {base, fault.Unknown},
		"wrapped nil":          {fault.Wrap(fault.Gone, nil), fault.None},
		"given":                {fault.Wrap(fault.Drifted, base), fault.Drifted},
		"given, further out":   {fmt.Errorf("undo: %w", fault.Wrap(fault.Unverified, base)), fault.Unverified},
		"given beats the code": {fault.Wrap(fault.NotOnboarded, stsDenied), fault.NotOnboarded},
		"new":                  {fault.New(fault.Refused, "not in %s", "eu-west-1"), fault.Refused},
		"deadline":             {fmt.Errorf("read: %w", context.DeadlineExceeded), fault.Retry},
		"cancelled":            {&smithy.CanceledError{Err: context.Canceled}, fault.Retry},
	}.run(t)
}

func TestOfCodes(t *testing.T) {
	busy := answer("SecurityHub", "BatchUpdateFindings", "ConcurrentUpdateError", "")
	full := answer("EC2", "AuthorizeSecurityGroupIngress", "RulesPerSecurityGroupLimitExceeded", "")
	classes{
		"throttled":                {answer("EC2", "DescribeVpcs", "RequestLimitExceeded", ""), fault.Retry},
		"outage by code":           {answer("S3", "GetBucketAcl", "InternalError", ""), fault.Retry},
		"outage of Amazon MQ":      {answer("mq", "DescribeBroker", "InternalServerErrorException", ""), fault.Retry},
		"expired token":            {answer("S3", "GetBucketAcl", "ExpiredToken", ""), fault.Retry},
		"concurrent":               {answer("IAM", "PutRolePolicy", "ConcurrentModification", ""), fault.Retry},
		"between two states":       {answer("RDS", "ModifyDBInstance", "InvalidDBInstanceState", ""), fault.Retry},
		"finding busy":             {busy, fault.Retry},
		"limit is a quota":         {answer("SNS", "CreateTopic", "LimitExceededException", ""), fault.Refused},
		"limit is a throttle":      {answer("DynamoDB", "UpdateTable", "LimitExceededException", ""), fault.Retry},
		"denied":                   {answer("S3", "PutBucketPolicy", "AccessDenied", ""), fault.Denied},
		"denied, EC2":              {answer("EC2", "ModifyVpcAttribute", "Client.UnauthorizedOperation", ""), fault.Denied},
		"group full":               {full, fault.Refused},
		"dependency":               {answer("EC2", "DeleteSecurityGroup", "DependencyViolation", ""), fault.Refused},
		"malformed policy":         {answer("S3", "PutBucketPolicy", "MalformedPolicy", ""), fault.Invalid},
		"versions suspended":       {answer("S3", "PutBucketVersioning", "InvalidBucketState", ""), fault.Refused},
		"code nobody knows":        {answer("S3", "PutBucketAcl", "Surprise", ""), fault.Unknown},
		"transaction conflict":     {canceled("None", "TransactionConflict"), fault.Retry},
		"transaction throttled":    {canceled("ThrottlingError"), fault.Retry},
		"transaction malformed":    {canceled("ValidationError"), fault.Invalid},
		"condition is not a fault": {canceled("None", "ConditionalCheckFailed"), fault.Unknown},
	}.run(t)
}

func TestOfGone(t *testing.T) {
	queue := answer("SQS", "GetQueueAttributes", "AWS.SimpleQueueService.NonExistentQueue", "")
	rule := answer("EC2", "RevokeSecurityGroupIngress", "InvalidPermission.NotFound", "")
	classes{
		"bucket gone":               {answer("S3", "GetBucketAcl", "NoSuchBucket", ""), fault.Gone},
		"bucket gone, HEAD":         {answer("S3", "HeadBucket", "NotFound", ""), fault.Gone},
		"no bucket policy":          {answer("S3", "GetBucketPolicy", "NoSuchBucketPolicy", ""), fault.Unknown},
		"group gone":                {answer("EC2", "DescribeSecurityGroups", "InvalidGroup.NotFound", ""), fault.Gone},
		"rule gone, group there":    {rule, fault.Retry},
		"user gone":                 {answer("IAM", "GetUser", "NoSuchEntity", ""), fault.Gone},
		"queue gone":                {queue, fault.Gone},
		"database gone":             {answer("RDS", "DescribeDBInstances", "DBInstanceNotFoundFault", ""), fault.Gone},
		"database gone, query name": {answer("RDS", "DescribeDBInstances", "DBInstanceNotFound", ""), fault.Gone},
		"function gone":             {answer("Lambda", "GetPolicy", "ResourceNotFoundException", ""), fault.Gone},
		"finding gone":              {answer("SecurityHub", "BatchUpdateFindings", "FindingNotFound", ""), fault.Gone},
		"distribution gone":         {answer("CloudFront", "GetDistribution", "NoSuchDistribution", ""), fault.Gone},
		"topic gone":                {answer("SNS", "GetTopicAttributes", "NotFound", ""), fault.Gone},
		"runbooks: too many run":    {answer("SSM", "Call", "AutomationExecutionLimitExceededException", ""), fault.Retry},
		"runbook made meanwhile":    {answer("SSM", "Call", "DocumentAlreadyExists", ""), fault.Retry},
		"runbooks: account full":    {answer("SSM", "Call", "DocumentLimitExceeded", ""), fault.Refused},
		"runbook full of versions":  {answer("SSM", "Call", "DocumentVersionLimitExceeded", ""), fault.Refused},
		"runbook went away":         {answer("SSM", "Call", "AutomationDefinitionNotFoundException", ""), fault.Drifted},
		"runbook version gone":      {answer("SSM", "A", "AutomationDefinitionVersionNotFoundException", ""), fault.Drifted},
		"runbook's parameters":      {answer("SSM", "A", "InvalidAutomationExecutionParametersException", ""), fault.Invalid},
		"runbook gone":              {answer("SSM", "DescribeDocument", "InvalidDocument", ""), fault.Gone},
		"web ACL gone":              {answer("WAFV2", "GetWebACL", "WAFNonexistentItemException", ""), fault.Gone},
		"the word of another":       {answer("EC2", "DescribeVpcs", "NoSuchBucket", ""), fault.Unknown},
	}.run(t)
}

func TestOfAnswersWithoutACode(t *testing.T) {
	base := errors.New("boom")
	unread := &smithyhttp.RequestSendError{Err: &url.Error{Op: "Put", URL: "https://x", Err: syscall.ECONNRESET}}
	params := smithy.InvalidParamsError{}
	params.Add(smithy.NewErrParamRequired("Bucket"))
	classes{
		"429":                        {status(429, nil, base), fault.Retry},
		"503 with a code unheard of": {status(503, nil, &smithy.GenericAPIError{Code: "Sick"}), fault.Retry},
		"501":                        {status(501, nil, base), fault.Refused},
		"403":                        {status(403, nil, base), fault.Denied},
		"404 says nothing":           {status(404, nil, base), fault.Unknown},
		"no response":                {&smithyhttp.ResponseError{Err: base}, fault.Unknown},
		"connection reset":           {&smithy.OperationError{ServiceID: "S3", Err: unread}, fault.Retry},
		"dial":                       {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, fault.Retry},
		"name server slow":           {&net.DNSError{IsTimeout: true}, fault.Retry},
		"answer cut off":             {fmt.Errorf("read body: %w", io.ErrUnexpectedEOF), fault.Retry},
		"rejected by the SDK":        {&smithy.OperationError{Err: params}, fault.Invalid},
		"not serialisable":           {&smithy.SerializationError{Err: base}, fault.Invalid},
	}.run(t)
}

func TestWrapKeepsTheError(t *testing.T) {
	base := errors.New("boom")
	for name, err := range map[string]error{
		"Wrap": fault.Wrap(fault.Denied, base),
		"New":  fault.New(fault.Denied, "%w", base),
	} {
		if !errors.Is(err, base) || err.Error() != "boom" {
			t.Errorf("%s: %v does not keep its cause", name, err)
		}
	}
}

func TestUnset(t *testing.T) {
	tests := map[string]struct {
		err  error
		want bool
	}{
		"nil":            {nil, false},
		"no answer":      {errors.New("boom"), false},
		"not set":        {answer("S3", "GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", ""), true},
		"no policy":      {answer("S3", "GetBucketPolicy", "NoSuchBucketPolicy", ""), true},
		"bucket is gone": {answer("S3", "GetBucketPolicy", "NoSuchBucket", ""), false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := fault.Unset(tc.err); got != tc.want {
				t.Errorf("Unset = %v, want %v", got, tc.want)
			}
		})
	}
}

// TestExpired: an ended session is told from throttling, which is of the same class.
func TestExpired(t *testing.T) {
	for code, want := range map[string]bool{
		"ExpiredToken": true, "ExpiredTokenException": true, "RequestExpired": true, "TokenRefreshRequired": true,
		"Throttling": false, "RequestTimeTooSkewed": false, "AccessDenied": false,
	} {
		err := fmt.Errorf("look: %w", &smithy.GenericAPIError{Code: code})
		if got := fault.Expired(err); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
	if fault.Expired(errors.New("ExpiredToken")) || fault.Expired(nil) {
		t.Error("only AWS says so")
	}
}
