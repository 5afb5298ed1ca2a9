package playbooktest

import (
	"context"
	"reflect"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/internal/control"
)

// mishap is what happens to a write.
type mishap int

const (
	refuse mishap = iota + 1 // AWS never does it
	lose                     // AWS does it, and nobody hears so
	limit                    // AWS never does it, because of a quota
)

// memory says what the tap does with reads.
type memory int

const (
	forget memory = iota
	learn         // keep the answers
	repeat        // give the kept answers again, as a slow AWS would
)

// tap sits between a control and AWS and lets go wrong what a case asks for.
type tap struct {
	mu     sync.Mutex
	writes int    // writes so far
	fail   int    // which write goes wrong, 0 for none
	how    mishap // what happens to it
	memory memory
	kept   []answer
	made   trace // every call so far
}

// answer is what AWS said to one read.
type answer struct {
	operation string
	input     any
	out       middleware.InitializeOutput
	meta      middleware.Metadata
	err       error
}

// addTo makes clients of cfg go through the tap. In front of the SDK's retries, so that each call counts once.
func (p *tap) addTo(cfg *aws.Config) {
	options := append([]func(*middleware.Stack) error(nil), cfg.APIOptions...)
	cfg.APIOptions = append(options, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("ControlTest", p.handle), middleware.After)
	})
}

func (p *tap) handle(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	operation := awsmiddleware.GetOperationName(ctx)
	p.mu.Lock()
	p.made.add(awsmiddleware.GetServiceID(ctx), operation)
	p.mu.Unlock()
	if control.Reading(operation) {
		return p.read(ctx, operation, in, next)
	}
	switch p.count() {
	case refuse:
		return middleware.InitializeOutput{}, middleware.Metadata{}, unwell("InternalError", "refused on purpose")
	case limit:
		return middleware.InitializeOutput{}, middleware.Metadata{}, &smithy.GenericAPIError{
			Code: "ServiceQuotaExceededException", Message: "as many as there may be", Fault: smithy.FaultClient,
		}
	case lose:
		if _, _, err := next.HandleInitialize(ctx, in); err != nil {
			return middleware.InitializeOutput{}, middleware.Metadata{}, err
		}
		return middleware.InitializeOutput{}, middleware.Metadata{}, unwell("RequestTimeout", "answer lost on purpose")
	}
	return next.HandleInitialize(ctx, in)
}

// unwell is an answer of AWS that says nothing about whether the call was carried out.
func unwell(code, message string) error {
	return &smithy.GenericAPIError{Code: code, Message: message, Fault: smithy.FaultServer}
}

// count counts a write and says what happens to it.
func (p *tap) count() mishap {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.writes++; p.writes == p.fail {
		return p.how
	}
	return 0
}

// failAt lets the k-th write from now on go wrong, none for 0.
func (p *tap) failAt(k int, how mishap) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes, p.fail, p.how = 0, k, how
}

// written is the number of writes since the last failAt.
func (p *tap) written() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.writes
}

// remember switches what the tap does with reads; kept answers stay.
func (p *tap) remember(m memory) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.memory = m
}

// answers are what AWS said to the reads while look ran.
func (p *tap) answers(look func()) []answer {
	p.mu.Lock()
	p.memory, p.kept = learn, nil
	p.mu.Unlock()
	look()
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.kept
	p.memory, p.kept = forget, nil
	return kept
}

// read repeats an answer only for the same question.
func (p *tap) read(
	ctx context.Context, operation string, in middleware.InitializeInput, next middleware.InitializeHandler,
) (middleware.InitializeOutput, middleware.Metadata, error) {
	p.mu.Lock()
	memory, kept := p.memory, p.kept
	p.mu.Unlock()
	if memory == repeat {
		for _, a := range kept {
			if a.operation == operation && reflect.DeepEqual(a.input, in.Parameters) {
				return a.out, a.meta, a.err
			}
		}
	}
	out, meta, err := next.HandleInitialize(ctx, in)
	if memory == learn {
		p.mu.Lock()
		p.kept = append(p.kept, answer{operation, in.Parameters, out, meta, err})
		p.mu.Unlock()
	}
	return out, meta, err
}
