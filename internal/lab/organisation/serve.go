package organisation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Headers in which the lab names who calls, as it has authorised it.
const (
	headerAccount = "X-Lab-Account"
	headerRegion  = "X-Lab-Region"
)

// call is one request of an authorised caller.
type call struct {
	account, region string
	body            []byte
	query           url.Values
	path            func(name string) string
}

// read decodes the body; an absent one is an empty object.
func (c call) read(target any) error {
	if len(c.body) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.body, target); err != nil {
		return refuse(http.StatusBadRequest, "ValidationException", "the body is not what the operation expects: %v", err)
	}
	return nil
}

// operation answers a call with what is encoded, or an error.
type operation func(c call) (any, error)

// refusal is an error as AWS answers it.
type refusal struct {
	status        int
	code, message string
}

// Error makes it one.
func (r *refusal) Error() string { return r.code + ": " + r.message }

func refuse(status int, code, format string, args ...any) error {
	return &refusal{status, code, fmt.Sprintf(format, args...)}
}

// Handler serves a service by its signing name, 501 for all that is not played.
func (w *World) Handler(service string) http.Handler {
	played := w.apis[service]
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if played.paths != nil {
			if _, pattern := played.paths.Handler(r); pattern != "" {
				played.paths.ServeHTTP(out, r)
				return
			}
		}
		if played.named == nil {
			out.WriteHeader(http.StatusNotImplemented)
			return
		}
		c, err := readCall(r)
		if err != nil {
			answer(out, nil, err)
			return
		}
		name := r.Header.Get("X-Amz-Target")
		name = name[strings.LastIndexByte(name, '.')+1:]
		if name == "" {
			if form, err := url.ParseQuery(string(c.body)); err == nil {
				name = form.Get("Action")
			}
		}
		do, known := played.named[name]
		if !known {
			out.WriteHeader(http.StatusNotImplemented)
			return
		}
		got, err := w.do(do, c)
		answer(out, got, err)
	})
}

// route adds an operation to the paths of a service.
func (w *World) route(mux *http.ServeMux, pattern string, do operation) {
	mux.HandleFunc(pattern, func(out http.ResponseWriter, r *http.Request) {
		c, err := readCall(r)
		if err != nil {
			answer(out, nil, err)
			return
		}
		got, err := w.do(do, c)
		answer(out, got, err)
	})
}

// do runs an operation alone.
func (w *World) do(do operation, c call) (any, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return do(c)
}

func readCall(r *http.Request) (call, error) {
	const most = 1 << 20
	body, err := io.ReadAll(io.LimitReader(r.Body, most))
	if err != nil {
		return call{}, refuse(http.StatusBadRequest, "ValidationException", "the body cannot be read: %v", err)
	}
	return call{
		account: r.Header.Get(headerAccount), region: r.Header.Get(headerRegion), body: body, query: r.URL.Query(),
		path: r.PathValue,
	}, nil
}

// xmlText is an answer that is XML already.
type xmlText string

func answer(out http.ResponseWriter, got any, err error) {
	if text, is := got.(xmlText); is && err == nil {
		out.Header().Set("Content-Type", "text/xml;charset=UTF-8")
		_, _ = io.WriteString(out, string(text)) // the client has gone: nobody is left to tell
		return
	}
	status := http.StatusOK
	if err != nil {
		var said *refusal
		if !errors.As(err, &said) {
			said = &refusal{http.StatusInternalServerError, "InternalServerErrorException", err.Error()}
		}
		status = said.status
		out.Header().Set("X-Amzn-Errortype", said.code)
		body := map[string]string{"__type": said.code, "message": said.message, "Message": said.message}
		if said.code == constraintCode {
			body["Reason"] = said.message
		}
		got = body
	}
	out.Header().Set("Content-Type", "application/x-amz-json-1.1")
	out.WriteHeader(status)
	_ = json.NewEncoder(out).Encode(got)
}

// copied is a value as JSON has it, apart from the one it was made of.
func copied(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	var out any
	_ = json.Unmarshal(text, &out) // it was just written
	return out
}
