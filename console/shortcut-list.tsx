import { Modal, Switch } from 'antd'
import { preferences, usePreferences } from './preferences.ts'
import { shellWords } from './shell-words.ts'
import { useWords } from './words.ts'

/** Every key, in three groups, with the switch that turns them all off. */
export default function ShortcutList({ close }: { close: () => void }) {
  const w = useWords(shellWords)
  const { shortcuts } = usePreferences()
  const groups: [string, [string[], string][]][] = [
    [
      w.groupGo,
      [
        [['/', 'Ctrl K'], w.search],
        [['g', 'h c k e s b'], w.goWing],
        [['g', 'j'], w.goJobs],
      ],
    ],
    [
      w.groupRows,
      [
        [['j', 'k'], w.rowMove],
        [['Enter', 'o'], w.rowOpen],
        [['x', 'Shift x'], w.rowPick],
        [['e'], w.rowAct],
        [['y'], w.rowCopy],
        [['f'], w.firstFilter],
        [['Esc'], w.close],
      ],
    ],
    [
      w.groupPage,
      [
        [['r'], w.refresh],
        [['p'], w.pause],
        [['[', ']'], w.period],
        [['t'], w.theme],
        [['Ctrl Enter'], w.send],
        [['?'], w.thisList],
      ],
    ],
  ]
  return (
    <Modal open title={w.shortcuts} footer={null} onCancel={close} width={720}>
      <div className="d-keys">
        {groups.map(([name, keys]) => (
          <section key={name}>
            <h3>{name}</h3>
            <dl>
              {keys.map(([pressed, says]) => (
                <div key={says}>
                  <dt>
                    {pressed.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{says}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="d-keys-note">
        <span className="d-muted">{w.keysNote}</span>
        <span className="d-keys-switch">
          {w.shortcutsOn}
          <Switch
            size="small"
            aria-label={w.shortcutsOn}
            checked={shortcuts}
            onChange={(on) => preferences.set({ shortcuts: on })}
          />
        </span>
      </p>
    </Modal>
  )
}
