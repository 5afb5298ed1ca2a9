package runbook_test

import (
	"context"
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/internal/control"
)

// account is where tests run.
const account = "222222222222"

// version is one of a document.
type version struct{ name, content string }

// world is Systems Manager as far as runbooks need it, without executions that do anything.
type world struct {
	owner    string
	kind     types.DocumentType
	status   types.DocumentStatus
	books    map[string][]version // by name
	started  []ssm.StartAutomationExecutionInput
	before   map[string]func() error // by operation: what happens first
	says     types.AutomationExecution
	calls    []string
	executed map[string]string // by token
}

func newWorld() *world {
	return &world{
		owner: account, kind: types.DocumentTypeAutomation, status: types.DocumentStatusActive,
		books: map[string][]version{}, before: map[string]func() error{}, executed: map[string]string{},
	}
}

func refused(code, message string) error {
	return &smithy.GenericAPIError{Code: code, Message: message, Fault: smithy.FaultClient}
}

func (w *world) env(run string) control.Env {
	cfg := aws.Config{Region: "eu-west-1", Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 1}
	cfg.APIOptions = append(cfg.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("World", w.handle), middleware.After)
	})
	return control.Env{
		Config: cfg, Run: run, Now: time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC),
		Target: control.Target{
			Account: account, Region: "eu-west-1", Partition: "aws", Resource: "arn:aws:s3:::logs",
		},
	}
}

func (w *world) handle(ctx context.Context, in middleware.InitializeInput, _ middleware.InitializeHandler) (
	out middleware.InitializeOutput, meta middleware.Metadata, err error,
) {
	operation := awsmiddleware.GetOperationName(ctx)
	w.calls = append(w.calls, operation)
	if first := w.before[operation]; first != nil {
		delete(w.before, operation)
		if err := first(); err != nil {
			return out, meta, err
		}
	}
	switch in := in.Parameters.(type) {
	case *ssm.DescribeDocumentInput:
		out.Result, err = w.describe(in)
	case *ssm.GetDocumentInput:
		out.Result, err = w.get(in)
	case *ssm.CreateDocumentInput:
		out.Result, err = w.create(in)
	case *ssm.UpdateDocumentInput:
		w.books[*in.Name] = append(w.books[*in.Name], version{*in.VersionName, *in.Content})
		out.Result = &ssm.UpdateDocumentOutput{}
	case *ssm.StartAutomationExecutionInput:
		out.Result = w.start(in)
	case *ssm.GetAutomationExecutionInput:
		out.Result = &ssm.GetAutomationExecutionOutput{AutomationExecution: &w.says}
	default:
		err = refused("UnknownOperationException", operation)
	}
	return out, meta, err
}

func (w *world) describe(in *ssm.DescribeDocumentInput) (*ssm.DescribeDocumentOutput, error) {
	if len(w.books[*in.Name]) == 0 {
		return nil, refused("InvalidDocument", "no such document")
	}
	latest := strconv.Itoa(len(w.books[*in.Name]))
	return &ssm.DescribeDocumentOutput{Document: &types.DocumentDescription{
		Owner: &w.owner, DocumentType: w.kind, LatestVersion: &latest, DefaultVersion: &latest,
	}}, nil
}

func (w *world) get(in *ssm.GetDocumentInput) (*ssm.GetDocumentOutput, error) {
	for i, v := range w.books[*in.Name] {
		if n := strconv.Itoa(i + 1); n == aws.ToString(in.DocumentVersion) ||
			in.VersionName != nil && v.name == *in.VersionName {
			return &ssm.GetDocumentOutput{
				Content: &v.content, DocumentVersion: &n, VersionName: &v.name, Status: w.status, DocumentType: w.kind,
			}, nil
		}
	}
	return nil, refused("InvalidDocumentVersion", "no such version")
}

func (w *world) create(in *ssm.CreateDocumentInput) (*ssm.CreateDocumentOutput, error) {
	if len(w.books[*in.Name]) > 0 {
		return nil, refused("DocumentAlreadyExists", "there is one")
	}
	w.books[*in.Name] = []version{{*in.VersionName, *in.Content}}
	return &ssm.CreateDocumentOutput{}, nil
}

func (w *world) start(in *ssm.StartAutomationExecutionInput) *ssm.StartAutomationExecutionOutput {
	id, known := w.executed[*in.ClientToken]
	if !known {
		id = "x-" + strconv.Itoa(len(w.started)+1)
		w.executed[*in.ClientToken] = id
		kept := *in
		kept.Parameters = maps.Clone(in.Parameters)
		w.started = append(w.started, kept)
	}
	return &ssm.StartAutomationExecutionOutput{AutomationExecutionId: &id}
}

// must is the result of what has to succeed.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
