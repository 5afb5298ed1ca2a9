package ssmdocuments

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// patchManager stands in for what the emulators lack of Systems Manager: agents that register, Run Command's only
// document that is used here, and Patch Manager. It knows one instance.
type patchManager struct {
	mu sync.Mutex
	patchState
}

type patchState struct {
	Online    bool           // whether the agent has registered
	Baselines map[string]any // patch group → baseline; "" is the default one
	Applied   string         // baseline that a scan says it was by
	Missing   int            // patches that the next scan finds missing before an installation
	Left      int            // and after it
	Ends      string         // as what an installation ends, Success if empty
	Commands  []string       // operations in the order they were sent
}

// Reset forgets everything.
func (p *patchManager) Reset() { p.set(patchState{}) }

func (p *patchManager) set(s patchState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.patchState = s
}

func (p *patchManager) sent() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.Commands...)
}

// ServeHTTP answers what it stands in for, and 501 to everything else.
func (p *patchManager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var given map[string]any
	_ = json.NewDecoder(r.Body).Decode(&given) // what it cannot read is not its
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var answer any
	switch operation {
	case "DescribeInstanceInformation":
		answer = p.information(given)
	case "GetPatchBaselineForPatchGroup":
		group := fmt.Sprint(given["PatchGroup"])
		answer = m{"BaselineId": p.Baselines[group], "PatchGroup": group, "OperatingSystem": given["OperatingSystem"]}
	case "GetDefaultPatchBaseline":
		answer = m{"BaselineId": p.Baselines[""], "OperatingSystem": given["OperatingSystem"]}
	case "SendCommand":
		answer = p.send(given)
	case "GetCommandInvocation":
		answer = m{"CommandId": given["CommandId"], "InstanceId": given["InstanceId"], "Status": p.status()}
	case "DescribeInstancePatchStates":
		answer = m{"InstancePatchStates": []any{m{
			"InstanceId": at(given, "InstanceIds.0"), "BaselineId": p.Applied, "Operation": p.last(), "PatchGroup": "",
			"MissingCount": p.Left, "InstalledCount": p.Missing - p.Left,
			"OperationStartTime": 1790000000, "OperationEndTime": 1790000001,
		}}}
	default:
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(answer)
}

func (p *patchManager) information(given map[string]any) any {
	if !p.Online {
		return m{"InstanceInformationList": []any{}}
	}
	return m{"InstanceInformationList": []any{m{
		"InstanceId": at(given, "Filters.0.Values.0"), "PingStatus": "Online", "AgentVersion": "3.3.0.0",
		"PlatformType": "Linux", "PlatformName": "Amazon Linux", "PlatformVersion": "2023",
	}}}
}

func (p *patchManager) send(given map[string]any) any {
	p.Commands = append(p.Commands, text(given, "DocumentName")+" "+text(given, "Parameters.Operation.0"))
	return m{"Command": m{"CommandId": fmt.Sprintf("11111111-2222-3333-4444-%012d", len(p.Commands)), "Status": "Pending"}}
}

func (p *patchManager) last() string {
	if len(p.Commands) == 0 {
		return "Scan"
	}
	_, operation, _ := strings.Cut(p.Commands[len(p.Commands)-1], " ")
	return operation
}

func (p *patchManager) status() string {
	if p.Ends != "" && p.last() == "Install" {
		return p.Ends
	}
	return "Success"
}

// TestPatchesByTheirCount: AWS's own count of what is not compliant decides, whatever is missing.
func TestPatchesByTheirCount(t *testing.T) {
	counted := func(count, says string) scriptCase {
		state := m{"BaselineId": "pb-1", "Operation": "Scan", "InstalledCount": 7}
		c := scriptCase{Name: count, says: says, Events: m{"InstanceId": "i", "CommandId": "c", "Baseline": "pb-1"}}
		if state[count] = 1; says == "" {
			c.result = m{"Installed": 7.0}
		}
		c.Answers = map[string][]any{
			"ssm.get_command_invocation":         {m{"Status": "Success"}},
			"ssm.describe_instance_patch_states": {m{"InstancePatchStates": []any{state}}},
		}
		return c.of(t, "Salve-PatchInstance", "Prove")
	}
	playScripts(t, []scriptCase{
		counted("CriticalNonCompliantCount", "not have all its patches"),
		counted("SecurityNonCompliantCount", "not have all its patches"),
		counted("OtherNonCompliantCount", "not have all its patches"), counted("NotApplicableCount", ""),
	})
}
