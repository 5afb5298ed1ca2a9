package securityhub

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxBody is the documented limit of an import batch, by far the largest request there is.
const maxBody = 6 << 20

// caller is who sends a request, as the lab established it.
type caller struct {
	account, region, principal string
}

// root says whether the caller uses the root key of his account.
func (c caller) root() bool {
	parts := strings.SplitN(c.principal, ":", 6)
	return len(parts) == 6 && parts[2] == "iam" && parts[4] == c.account && parts[5] == "root"
}

// call is one decoded request.
type call struct {
	caller
	body  json.RawMessage
	path  string // the greedy path label, if the operation has one
	query url.Values
}

// operation answers a call with a value to encode, or an error.
type operation func(ctx context.Context, c call) (any, error)

// mux lists the operations with the methods and paths of the service's API model.
func (h *Hub) mux() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /accounts", h.open(h.enableSecurityHub))
	mux.HandleFunc("GET /accounts", h.serve(h.describeHub))
	mux.HandleFunc("POST /findings/import", h.serve(h.batchImportFindings))
	mux.HandleFunc("POST /findings", h.serve(h.getFindings))
	mux.HandleFunc("PATCH /findings/batchupdate", h.serve(h.batchUpdateFindings))
	mux.HandleFunc("POST /productSubscriptions", h.serve(h.enableProduct))
	mux.HandleFunc("GET /productSubscriptions", h.serve(h.listProducts))
	mux.HandleFunc("DELETE /productSubscriptions/{arn...}", h.serve(h.disableProduct))
	mux.HandleFunc("POST /actionTargets", h.serve(h.createActionTarget))
	mux.HandleFunc("POST /actionTargets/get", h.serve(h.describeActionTargets))
	mux.HandleFunc("PATCH /actionTargets/{arn...}", h.serve(h.updateActionTarget))
	mux.HandleFunc("DELETE /actionTargets/{arn...}", h.serve(h.deleteActionTarget))
	mux.HandleFunc("POST /securityControls/batchGet", h.serve(h.batchGetSecurityControls))
	mux.HandleFunc("PATCH /securityControl/update", h.serve(h.updateSecurityControl))
	mux.HandleFunc("POST /_lab/click", h.serve(h.click))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { writeError(w, unknownOperation(r)) })
	return mux
}

// serve is open for operations that need Security Hub to be enabled in the caller's account and Region.
func (h *Hub) serve(next operation) http.HandlerFunc {
	return h.open(func(ctx context.Context, c call) (any, error) {
		if !h.isEnabled(c.caller) {
			return nil, invalidAccess("Account %s is not subscribed to AWS Security Hub", c.account)
		}
		return next(ctx, c)
	})
}

// open decodes a request, runs the operation and encodes its answer.
func (h *Hub) open(next operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := decode(w, r)
		if err != nil {
			writeError(w, err)
			return
		}
		// State and events belong together: a client that hangs up must not lose the event of a change it made.
		answer, err := next(context.WithoutCancel(r.Context()), c)
		if err != nil {
			writeError(w, err)
			return
		}
		writeJSON(w, http.StatusOK, answer)
	}
}

// decode reads who calls and what he sent. Without a caller there is no answer: the lab was bypassed.
func decode(w http.ResponseWriter, r *http.Request) (call, error) {
	c := call{
		caller: caller{
			account:   r.Header.Get(HeaderAccount),
			region:    r.Header.Get(HeaderRegion),
			principal: r.Header.Get(HeaderPrincipal),
		},
		path:  r.PathValue("arn"),
		query: r.URL.Query(),
	}
	if c.account == "" || c.region == "" || c.principal == "" {
		return call{}, accessDenied("the request carries no authorised caller: send it through the lab's endpoint")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return call{}, invalidInput("the request is larger than 6 MB: send fewer findings at once")
	}
	if err != nil {
		return call{}, invalidInput("the request body cannot be read: %v", err)
	}
	c.body = body
	return c, nil
}

// read parses the request body into target; an absent body is an empty object.
func (c call) read(target any) error {
	if len(c.body) == 0 {
		return nil
	}
	if err := unmarshal(c.body, target); err != nil {
		return invalidInput("the request body is not what the operation expects: %v", err)
	}
	return nil
}
