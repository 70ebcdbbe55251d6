import { escapePowerShell } from '../../src/sdk/scripts/environment.ts';

export interface ElevatedCommand {
  readonly command: string;
  readonly user: string;
  /** Empty for service accounts. */
  readonly password: string;
  /** Unique name of the task and of its log. */
  readonly name: string;
  readonly logPath: string;
}

/** Task Scheduler's constants: create or update; how the account logs on. */
const CREATE_OR_UPDATE = 6;
const LOGON = { password: 1, service: 5 } as const;

/**
 * A PowerShell script that runs a command with the highest privileges its user has: it registers a one-shot scheduled
 * task, starts it, prints its log as it grows, removes it, and exits with its result.
 */
export function elevatedScript({ command, user, password, name, logPath }: ElevatedCommand): string {
  const log = logPath.replaceAll('/', '\\');
  const work = xmlEscape(`/c ${command} > ${log} 2>&1`);
  const account = `"${escapePowerShell(user)}"`;
  const secret = password ? `"${escapePowerShell(password)}"` : '$null';
  return `$name = '${name}'
$log = [Environment]::ExpandEnvironmentVariables('${log}')
$scheduler = New-Object -ComObject 'Schedule.Service'
$scheduler.Connect()
$definition = $scheduler.NewTask(0)
$definition.XmlText = @'
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Principals>
    <Principal id="Author">
      <RunLevel>HighestAvailable</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>false</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <Hidden>false</Hidden>
    <RunOnlyIfIdle>false</RunOnlyIfIdle>
    <WakeToRun>false</WakeToRun>
    <ExecutionTimeLimit>PT24H</ExecutionTimeLimit>
    <Priority>4</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>cmd</Command>
      <Arguments>${work}</Arguments>
    </Exec>
  </Actions>
</Task>
'@
$folder = $scheduler.GetFolder('\\')
$task = $folder.RegisterTaskDefinition($name, $definition, ${CREATE_OR_UPDATE}, ${account}, ${secret}, ${password ? LOGON.password : LOGON.service}, $null)
$running = $task.Run($null)
$shown = 0
function Show-Log {
  if (-not (Test-Path -LiteralPath $log)) { return }
  $stream = New-Object IO.FileStream($log, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare]::ReadWrite)
  try {
    [void]$stream.Seek($script:shown, [IO.SeekOrigin]::Begin)
    $text = (New-Object IO.StreamReader($stream)).ReadToEnd()
    $script:shown = $stream.Length
    if ($text) { Write-Host -NoNewline $text }
  } finally { $stream.Close() }
}
$waited = 0
while ($task.State -ne 4 -and $task.LastTaskResult -eq 267011 -and $waited -lt 100) { Start-Sleep -Milliseconds 100; $waited++ }
do {
  Start-Sleep -Milliseconds 100
  Show-Log
} while ($task.State -eq 4)
Show-Log
$result = $task.LastTaskResult
$folder.DeleteTask($name, 0)
Remove-Item -LiteralPath $log -Force -ErrorAction SilentlyContinue
[void][Runtime.Interopservices.Marshal]::ReleaseComObject($scheduler)
exit $result
`.replaceAll('\n', '\r\n');
}

function xmlEscape(text: string): string {
  return text.replace(
    /[<>&'"]/g,
    match => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&apos;', '"': '&quot;' })[match] ?? match,
  );
}
