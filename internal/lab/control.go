package lab

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// Status describes a running lab.
type Status struct {
	PID      int      `json:"pid"`
	Endpoint string   `json:"endpoint"`
	Hub      string   `json:"hub"`
	Members  []string `json:"members"`
	Regions  []string `json:"regions"`
	OrgID    string   `json:"org_id"`
	Calls    int      `json:"calls"`
	Faults   []Fault  `json:"faults"`
}

// Status answers what the lab is and what it was told.
func (l *Lab) Status() Status {
	return Status{
		PID: os.Getpid(), Endpoint: l.endpoint, Hub: l.options.Hub, Members: l.Members(), Regions: l.Regions(),
		OrgID: l.OrgID(), Calls: len(l.journal.since(0)), Faults: l.faults.list(),
	}
}

// serveControl is the API under /_lab/ for tests and the command line.
func (l *Lab) serveControl(w http.ResponseWriter, r *http.Request) {
	// A page in a browser must not steer the lab: it can neither leave out Origin nor choose our Host.
	if r.Header.Get("Origin") != "" || !loopback(r.Host) {
		asJSON(w, http.StatusForbidden, map[string]string{"error": "the lab is steered from this machine only"})
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /_lab/status":
		asJSON(w, http.StatusOK, l.Status())
	case "GET /_lab/calls":
		since, _ := strconv.Atoi(r.URL.Query().Get("since")) // anything else means all
		asJSON(w, http.StatusOK, map[string]any{"calls": l.journal.since(since)})
	case "DELETE /_lab/calls":
		l.journal.clear()
		w.WriteHeader(http.StatusNoContent)
	case "POST /_lab/faults":
		l.controlFault(w, r)
	case "DELETE /_lab/faults":
		l.faults.clear()
		w.WriteHeader(http.StatusNoContent)
	case "POST /_lab/reset":
		l.controlReset(w, r)
	case "POST /_lab/advance":
		l.controlAdvance(w, r)
	case "POST /_lab/click":
		l.controlClick(w, r)
	default:
		asJSON(w, http.StatusNotFound, map[string]string{"error": "the lab has no " + r.Method + " " + r.URL.Path})
	}
}

func (l *Lab) controlFault(w http.ResponseWriter, r *http.Request) {
	var fault Fault
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&fault)
	if err == nil {
		err = l.faults.add(fault)
	}
	if err != nil {
		asJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (l *Lab) controlAdvance(w http.ResponseWriter, r *http.Request) {
	var by struct{ Seconds float64 }
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&by)
	if err == nil && by.Seconds <= 0 {
		err = errors.New("time goes forward only: give a duration above 0")
	}
	if err == nil {
		err = l.Advance(r.Context(), time.Duration(by.Seconds*float64(time.Second)))
	}
	if err != nil {
		asJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (l *Lab) controlReset(w http.ResponseWriter, r *http.Request) {
	if err := l.Reset(r.Context()); err != nil {
		asJSON(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// controlClick sends Remediate events: a person at the console of the account and Region the action belongs to.
func (l *Lab) controlClick(w http.ResponseWriter, r *http.Request) {
	c, err := readCall(r)
	if err != nil {
		asJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	var chosen struct{ ActionTargetArn string }
	_ = json.Unmarshal(c.body, &chosen) // Security Hub refuses what is wrong with it
	c.account, c.region = l.options.Hub, l.Region()
	if parts := strings.Split(chosen.ActionTargetArn, ":"); len(parts) > 5 {
		c.region, c.account = parts[3], parts[4]
	}
	c.principal = rootOf(c.account)
	handle(r.Context(), l.handlers["securityhub"], c).send(w, r.Method)
}

// loopback tells whether a Host header names this machine.
func loopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	address := net.ParseIP(name)
	return name == "localhost" || (address != nil && address.IsLoopback())
}
