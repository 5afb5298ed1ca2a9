package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"time"
)

// function is a process of the built function and, in front of it, the part of
// Lambda that it talks to: the Runtime API.
type function struct {
	cmd      *exec.Cmd
	out      bytes.Buffer
	server   *http.Server
	events   chan string
	answers  chan reply
	sequence int
}

type reply struct {
	at   time.Time
	body string
	err  error
}

// runtimeVersion is the version of the Runtime API in its paths.
const runtimeVersion = "/2018-06-01/runtime/"

// launch starts the function. Its first event may wait for it already, as in Lambda.
func launch(ctx context.Context, program string, env []string) (*function, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the Runtime API: %w", err)
	}
	f := &function{events: make(chan string, 1), answers: make(chan reply, 1)}
	f.server = &http.Server{Handler: f, ReadHeaderTimeout: time.Minute}
	go func() { _ = f.server.Serve(listener) }() // ends with ErrServerClosed in stop
	f.cmd = exec.CommandContext(ctx, program)
	f.cmd.Env = append([]string{"AWS_LAMBDA_RUNTIME_API=" + listener.Addr().String()}, env...)
	f.cmd.Stdout, f.cmd.Stderr = &f.out, os.Stderr
	if err := f.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start the function: %w", err), f.server.Close())
	}
	return f, nil
}

// ServeHTTP is the Runtime API.
func (f *function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	verb := strings.TrimPrefix(r.URL.Path, runtimeVersion)
	if verb == "invocation/next" {
		f.next(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err == nil && path.Base(verb) != "response" {
		err = fmt.Errorf("the function says %s: %s", verb, body)
	}
	f.answers <- reply{time.Now(), string(body), err}
	w.WriteHeader(http.StatusAccepted)
}

func (f *function) next(w http.ResponseWriter, r *http.Request) {
	select {
	case event := <-f.events:
		f.sequence++
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "r-"+strconv.Itoa(f.sequence))
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(2*time.Minute).UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111111111111:function:bench")
		_, _ = io.WriteString(w, event) // a function that has gone does not answer, and ask says so
	case <-r.Context().Done():
	}
}

// ask hands the function an event and waits for its answer.
func (f *function) ask(ctx context.Context, event string) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	f.events <- event
	select {
	case got := <-f.answers:
		return got, got.err
	case <-ctx.Done():
		return reply{}, fmt.Errorf("the function does not answer: %w; it printed %s", ctx.Err(), f.out.String())
	}
}

// stop ends the function and returns the processor time of its whole life.
func (f *function) stop() (time.Duration, error) {
	_ = f.cmd.Process.Kill() // it has no other end: Lambda freezes it and forgets
	_ = f.cmd.Wait()         // reports the kill
	if err := f.server.Close(); err != nil {
		return 0, fmt.Errorf("stop the Runtime API: %w", err)
	}
	return f.cmd.ProcessState.UserTime() + f.cmd.ProcessState.SystemTime(), nil
}
