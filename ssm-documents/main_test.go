package ssmdocuments

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/salve-security/salve/internal/lab"
)

// room is what the tests of this package share: one lab, and one client that is none of the runbooks'.
type room struct {
	once   sync.Once
	lab    *lab.Lab
	patch  *patchManager
	judge  *exec.Cmd
	ask    io.WriteCloser
	answer *bufio.Scanner
	err    error
}

var shared room

func TestMain(m *testing.M) {
	status := m.Run()
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// python is the interpreter that has boto3.
func python() (string, error) {
	if given := os.Getenv("SALVE_LAB_PYTHON"); given != "" {
		return given, nil
	}
	return filepath.Abs(filepath.Join("..", ".venv", "bin", "python"))
}

// open starts the lab with the first test that needs it.
func (r *room) open() error {
	r.once.Do(func() { r.err = r.start() })
	return r.err
}

func (r *room) start() error {
	var err error
	r.patch = &patchManager{}
	if r.lab, err = lab.Start(context.Background(), lab.Options{
		Handlers: map[string]http.Handler{"ssm": r.patch},
	}); err != nil {
		return err
	}
	interpreter, err := python()
	if err != nil {
		return err
	}
	r.judge = exec.Command(interpreter, "-B", filepath.Join("testdata", "judge.py"))
	r.judge.Env = append(os.Environ(), "JUDGE_ENDPOINT="+r.lab.Endpoint(), "NO_PROXY=127.0.0.1")
	r.judge.Stderr = os.Stderr
	if r.ask, err = r.judge.StdinPipe(); err != nil {
		return err
	}
	out, err := r.judge.StdoutPipe()
	if err != nil {
		return err
	}
	r.answer = bufio.NewScanner(out)
	r.answer.Buffer(nil, 16<<20)
	return r.judge.Start()
}

func (r *room) close() error {
	if r.ask != nil {
		_ = r.ask.Close()
		_ = r.judge.Wait()
	}
	if r.lab == nil {
		return nil
	}
	return r.lab.Close()
}

// told is the answer to a call.
type told struct {
	Answer  any    `json:"answer"`
	Error   string `json:"error"`
	Message string `json:"message"`
}

// call makes a call as an account's root.
func (r *room) call(account, service, operation string, input any) (told, error) {
	line, err := json.Marshal(map[string]any{
		"account": account, "service": service, "operation": operation, "input": input,
	})
	if err != nil {
		return told{}, err
	}
	if _, err := r.ask.Write(append(line, '\n')); err != nil {
		return told{}, err
	}
	if !r.answer.Scan() {
		return told{}, fmt.Errorf("the judge says nothing: %w", r.answer.Err())
	}
	var out told
	return out, json.Unmarshal(r.answer.Bytes(), &out)
}
