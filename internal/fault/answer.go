package fault

import (
	"errors"
	"io"
	"net"
	"net/http"
	"path"
	"strings"

	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// ofAnswer classifies what AWS answered, or what the SDK refused to send.
func ofAnswer(err error) Class {
	if canceled := new(ddb.TransactionCanceledException); errors.As(err, &canceled) {
		return ofTransaction(canceled.CancellationReasons)
	}
	if answer := smithy.APIError(nil); errors.As(err, &answer) {
		if class := ofCode(service(err), answer.ErrorCode()); class != Unknown {
			return class
		}
	}
	if rejected := (smithy.InvalidParamsError{}); errors.As(err, &rejected) {
		return Invalid
	}
	if unsent := new(smithy.SerializationError); errors.As(err, &unsent) {
		return Invalid
	}
	return ofStatus(err)
}

// ofCode looks the code up; the service decides first, because the same word means different things.
func ofCode(service, code string) Class {
	code = strings.TrimPrefix(code, "Client.")
	if class := serviceClass(service, code); class != Unknown {
		return class
	}
	for _, pattern := range goneCodes(service) {
		if ok, err := path.Match(pattern, code); err == nil && ok {
			return Gone
		}
	}
	return commonClass(code)
}

// ofTransaction classifies a cancelled transaction by its reasons. A failed condition is no fault: the
// ledger, which wrote the condition, knows what it means, and asks before it asks us.
func ofTransaction(reasons []ddb.CancellationReason) Class {
	for _, reason := range reasons {
		if reason.Code == nil {
			continue
		}
		if class := transactionClass(*reason.Code); class != Unknown {
			return class
		}
	}
	return Unknown
}

// ofStatus classifies by HTTP status alone. 404 says nothing: a bucket without a policy answers it too.
func ofStatus(err error) Class {
	answer := new(smithyhttp.ResponseError)
	if !errors.As(err, &answer) || answer.Response == nil {
		return Unknown
	}
	switch status := answer.HTTPStatusCode(); {
	case status == http.StatusNotImplemented:
		return Refused
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= 500:
		return Retry
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Denied
	}
	return Unknown
}

// ofNetwork classifies what went wrong on the way. Whether the request arrived is not known, which is
// why a write is read again before it is repeated.
func ofNetwork(err error) Class {
	var timeout net.Error
	var opErr *net.OpError
	var unsent *smithyhttp.RequestSendError
	switch {
	case errors.As(err, &timeout) && timeout.Timeout(),
		errors.As(err, &opErr),
		errors.As(err, &unsent),
		errors.Is(err, io.ErrUnexpectedEOF):
		return Retry
	}
	return Unknown
}

// service returns the SDK's name of the service that was called, if the SDK made the error.
func service(err error) string {
	if call := new(smithy.OperationError); errors.As(err, &call) {
		return call.Service()
	}
	return ""
}
